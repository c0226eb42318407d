#ifndef APUS_INDEXING_INDEXING_H
#define APUS_INDEXING_INDEXING_H

/* Elements that are worth a thread; columns that are done side by side; the most places of an order that are found by insertion,
 * which reads a row once, in place of sorting it whole. */
enum { INDEXING_GRAIN = 16384, INDEXING_STRIP = 64, ORDER_INSERTED = 64 };

#endif
