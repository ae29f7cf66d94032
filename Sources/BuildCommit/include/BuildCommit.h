#pragma once

/// The commit that a release was built from; null in other builds.
const char *_Nullable buildCommit(void);
