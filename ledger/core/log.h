/* ledger/core/log.h - one line on stderr per event, as text or JSON.
 *
 * Form: time, level, component, message, then key=value fields (printf-built by the caller). Control characters
 * in values are escaped, so that hostile text cannot forge a line. Thread-safe. */
#ifndef LEDGER_CORE_LOG_H
#define LEDGER_CORE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_setup(bool json, enum log_level least);
void log_line(enum log_level level, const char *component, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define log_error(component, ...) log_line(LOG_ERROR, component, __VA_ARGS__)
#define log_warn(component, ...)  log_line(LOG_WARN, component, __VA_ARGS__)
#define log_info(component, ...)  log_line(LOG_INFO, component, __VA_ARGS__)
#define log_debug(component, ...) log_line(LOG_DEBUG, component, __VA_ARGS__)

#endif
