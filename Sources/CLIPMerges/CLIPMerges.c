#include "CLIPMerges.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char merges[] = {
#embed "merges.lz4"
};

const unsigned char *clipMerges(void) { return merges; }
size_t clipMergesByteCount(void) { return sizeof(merges); }
