#!/usr/bin/env python3
"""Writes derivatives.txt: values and derivatives of element-wise operations and losses at the ends of the numbers, of 200 digits.

A line: function, parameter, x, f(x), f'(x), and three tolerances of float32: relative, and absolute of value and derivative. x is a
float32; values are doubles, to which they are rounded once. What has no limit is nan; conventions (ties, kinks, both zeros of a root)
are those that the functions' documentation names. Run it in this folder; it needs mpmath.
"""
import math
import struct

import mpmath
from mpmath import mpf

mpmath.mp.dps = 200
INF, NAN = mpf("inf"), mpf("nan")
LARGEST, NORMAL, SMALLEST = 2.0**127 * (2 - 2.0**-23), 2.0**-126, 2.0**-149


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


POINTS = [0.0, -0.0, math.inf, -math.inf, math.nan]
for size in [0.5, 1, 2, 20, 88.7, 100, 1e20, 1e30, 1e-20, 1e-40, SMALLEST, NORMAL, LARGEST]:
    POINTS += [single(size), -single(size)]


def sigma(x):
    if mpmath.isinf(x):
        return mpf(1 if x > 0 else 0)
    return 1 / (1 + mpmath.exp(-x)) if x > -1e4 else mpmath.exp(x)


def softplus(x):
    if mpmath.isinf(x):
        return x if x > 0 else mpf(0)
    return x if x > 1e4 else mpmath.log1p(mpmath.exp(x)) if x > -1e4 else mpmath.exp(x)


def times(a, b):
    """a · b where what is 0 wins: the limits here all go so."""
    return mpf(0) if a == 0 or b == 0 else a * b


def power(x, zero_sign, p):
    """C's pow."""
    if p == 0:
        return mpf(1)
    if mpmath.isnan(x):
        return NAN
    odd = p == int(p) and int(p) % 2 == 1
    if x == 0:
        sign = -1 if odd and zero_sign < 0 else 1
        return mpf(0) if p > 0 else sign * INF
    if mpmath.isinf(x):
        sign = -1 if odd and x < 0 else 1
        return sign * INF if p > 0 else mpf(0)
    if x < 0 and p != int(p):
        return NAN
    return mpmath.power(x, int(p) if p == int(p) else p)


def sign(x):
    return mpf(0) if x == 0 else mpf(1 if x > 0 else -1)


def normal(x):
    return mpmath.ncdf(x) if not mpmath.isinf(x) and abs(x) < 1e4 else mpf(1 if x > 0 else 0)


def density(x):
    return mpf(0) if abs(x) > 1e4 else mpmath.npdf(x)


def gelu_tanh(x):
    root = mpmath.sqrt(8 / mpmath.pi)
    t = root * (x + mpf("0.044715") * x**3)
    return t, root * (1 + 3 * mpf("0.044715") * x**2)


def gated(x, t, slope):
    """x·σ(t), and σ(t) + x·t'·σ(t)·σ(−t)"""
    value, s = times(x, sigma(t)), sigma(t)
    rest = mpf(0) if mpmath.isinf(t) else s * sigma(-t)
    return value, s + times(times(x, slope), rest)


def focal(u, gamma):
    """σ(−u)^γ s(−u), and minus its slope"""
    s = mpf(1) if gamma == 0 else mpf(0) if u == INF else sigma(-u) ** mpf(gamma) if u > -1e4 else mpf(1)
    return times(s, softplus(-u)), times(s, sigma(-u) + times(times(mpf(gamma), sigma(u)), softplus(-u)))


ROWS = []


def add(name, function, parameter=0, relative=1e-6, value=3e-45, derivative=3e-45, only=lambda x: True):
    for x in POINTS:
        if not only(x):
            continue
        wide = mpf(x)
        result = (NAN, NAN) if math.isnan(x) and name not in ("power",) else function(wide, math.copysign(1, x))
        ROWS.append((name, parameter, x, *result, relative, value, derivative))


# Functions of one element.
add("negate", lambda x, z: (-x, mpf(-1)), only=lambda x: not math.isnan(x))
add("abs", lambda x, z: (abs(x), sign(x)))
add("exp", lambda x, z: (mpmath.exp(x) if x < 1e4 else INF,) * 2 if x > -1e4 else (mpf(0),) * 2)
add("log", lambda x, z: (-INF, INF) if x == 0 else (NAN if x < 0 else mpmath.log(x) if x < INF else INF, 1 / x))
add("sqrt", lambda x, z: (mpf(0), INF) if x == 0 else (NAN, NAN) if x < 0 else (mpmath.sqrt(x), 1 / (2 * mpmath.sqrt(x))))
add("square", lambda x, z: (x * x, 2 * x))
add("reciprocal", lambda x, z: (z * INF, -INF) if x == 0 else (1 / x, -1 / x / x))
for p in [0, 1, 2, 3, 0.5, -0.5, 0.1, 1.5, -1, -2]:
    q = mpf(str(p))
    add("power", lambda x, z, q=q: (power(x, z, q), mpf(0) if q == 0 else q * power(x, z, q - 1)), p, 6e-6,
        only=lambda x, p=p: not math.isnan(x) or p in (0, 1.5))
for a in [0, 1, 3e38, 1e-44]:
    wide = mpf(single(a))
    add("divide", lambda x, z, a=wide: (NAN, NAN) if x == 0 and a == 0 else (z * INF, -INF) if x == 0 else (a / x, -a / x / x), single(a))

# Activations. Where the derivative is made of y, 1 − y has the error of y near 1.
add("relu", lambda x, z: (max(x, mpf(0)), mpf(1 if x > 0 else 0)), only=lambda x: not math.isnan(x))
add("threshold", lambda x, z: (mpf(1 if x > 0 else 0), mpf(0)), only=lambda x: not math.isnan(x))
for a in [0.01, 0]:
    add("leakyReLU", lambda x, z, a=a: (x if x > 0 else times(mpf(a), x), mpf(1 if x > 0 else a)), a, only=lambda x: not math.isnan(x))
add("prelu", lambda x, z: (x if x > 0 else mpf(0), mpf(1 if x > 0 else 0)), only=lambda x: not math.isnan(x))
for a in [1, 0.25, 0]:
    add("elu", lambda x, z, a=a: (x if x > 0 else a * (mpmath.expm1(x) if x > -1e4 else mpf(-1)),
                                  mpf(1) if x > 0 else a * (mpmath.exp(x) if x > -1e4 else mpf(0))), a, derivative=1.2e-7 * a + 3e-45)
add("sigmoid", lambda x, z: (sigma(x), mpf(0) if mpmath.isinf(x) else sigma(x) * sigma(-x)), derivative=6e-8)
add("tanh", lambda x, z: (mpmath.tanh(x) if abs(x) < 1e4 else sign(x), 1 / mpmath.cosh(x) ** 2 if abs(x) < 1e4 else mpf(0)), derivative=1.2e-7)
for b in [1, 1.75]:
    add("swish", lambda x, z, b=b: gated(x, b * x, mpf(b)), b, 3e-5, 2e-43, 2e-43)
add("gelu", lambda x, z: (times(x, normal(x)), normal(x) + times(x, density(x))), 0, 1e-5, 2e-43, 2e-43)
add("gelu-tanh", lambda x, z: gated(x, *gelu_tanh(x)), 0, 1e-4, 2e-43, 2e-43)
add("softplus", lambda x, z: (softplus(x), sigma(x)))

# Two operands, the derivative of the first; ties go to the first.
add("maximum", lambda x, z: (max(x, mpf(1)), mpf(1 if x >= 1 else 0)), only=lambda x: not math.isnan(x))
add("minimum", lambda x, z: (min(x, mpf(1)), mpf(1 if x <= 1 else 0)), only=lambda x: not math.isnan(x))
# The largest of three, of which two are x: they share.
add("max", lambda x, z: (max(x, mpf(1)), mpf(2) / 3 if x == 1 else mpf(1 if x > 1 else 0)), only=lambda x: not math.isnan(x))
add("min", lambda x, z: (min(x, mpf(1)), mpf(2) / 3 if x == 1 else mpf(1 if x < 1 else 0)), only=lambda x: not math.isnan(x))

# Losses of an element, with a target.
for t in [0, 1]:
    add("mse", lambda x, z, t=t: ((x - t) ** 2, 2 * (x - t)), t)
    add("l1", lambda x, z, t=t: (abs(x - t), sign(x - t)), t)
    add("smoothL1", lambda x, z, t=t: ((x - t) ** 2 / 2, x - t) if abs(x - t) < 1 else (abs(x - t) - mpf(0.5), sign(x - t)), t)
    for gamma in [0, 0.5, 2]:
        def binary(x, z, t=t, gamma=gamma):
            value, slope = focal(x if t else -x, gamma)
            return value, -slope if t else slope
        add(f"binaryFocal-{gamma}", binary, t, 5e-5, 3e-43, 3e-43)
for t in [0, 0.25, 1]:
    # t·σ(−x) and (1 − t)·σ(x) are each right; their difference loses what they have in common.
    add("bce", lambda x, z, t=mpf(t): (times(t, softplus(-x)) + times(1 - t, softplus(x)),
                                      times(1 - t, sigma(x)) - times(t, sigma(-x))), t, derivative=1.2e-7 if t == 0.25 else 3e-45)

# Losses of a row of scores (x, 0) with label 0; an infinite score is no distribution.
below = lambda x: x < math.inf or math.isnan(x)
add("crossEntropy", lambda x, z: (softplus(-x), -sigma(-x)), 0, 1e-5, 1.2e-7, 1.2e-7, below)
add("crossEntropy", lambda x, z: (mpf("0.95") * softplus(-x) + times(mpf("0.05"), softplus(x)), sigma(x) - mpf("0.95")), 0.1, 1e-5, 1.2e-7, 1.2e-7, below)
for gamma in [0, 0.5, 2]:
    def row(x, z, gamma=gamma):
        value, slope = focal(x, gamma)
        return value, -slope
    add("focal", row, gamma, 1e-4, 3e-43, 1.2e-7, below)
add("hinge", lambda x, z: (max(mpf(0), 1 - x), mpf(-1 if 1 - x > 0 else 0)), only=lambda x: not math.isnan(x))
add("softmax", lambda x, z: (sigma(x), mpf(0) if mpmath.isinf(x) else sigma(x) * sigma(-x)), 0, 3e-5, 1e-43, 1.2e-7, below)
add("logSoftmax", lambda x, z: (-softplus(-x), sigma(-x)), 0, 1e-5, 1.2e-7, 1.2e-7, below)


def text(x):
    if mpmath.isnan(x):
        return "nan"
    # Beyond the doubles, and below them.
    if mpmath.isinf(x) or abs(x) > mpf(2) ** 1024:
        return "inf" if x > 0 else "-inf"
    return repr(float(x))


with open("derivatives.txt", "w", encoding="utf-8") as file:
    file.write("# Made by derivative_fixtures.py: function, parameter, x, f(x), f'(x), tolerances\n")
    for name, parameter, x, value, derivative, *tolerances in ROWS:
        numbers = [str(parameter), repr(x), text(value), text(derivative), *(f"{t:g}" for t in tolerances)]
        file.write(" ".join([name, *numbers]) + "\n")
