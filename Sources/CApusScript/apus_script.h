#ifndef APUS_SCRIPT_H
#define APUS_SCRIPT_H

/* What a process that `apus script` starts is prepared by, when the library for scripts is loaded and before the script's first
 * line: its output goes out line by line, also into a pipe, so that nothing printed is lost where it stops; and a stop tells the
 * line of the script. In other programs, which lack the environment's variables, nothing is done. */

/* The command, for telling where the script stopped: REPORTER script-stop PROGRAM SCRIPT OFFSET… */
#define APUS_SCRIPT_REPORTER "APUS_SCRIPT_REPORTER"
/* The script as its user named it. */
#define APUS_SCRIPT_FILE "APUS_SCRIPT_FILE"

/* Whether this process was prepared. */
int apus_script_is_prepared(void);

#endif
