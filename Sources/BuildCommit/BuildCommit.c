#include "BuildCommit.h"
#include <stddef.h>

#ifdef SDLITE_COMMIT
const char *buildCommit(void) { return SDLITE_COMMIT; }
#else
const char *buildCommit(void) { return NULL; }
#endif
