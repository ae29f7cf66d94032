// libpng reports errors by longjmp, which must not pass through Swift: hence these few lines of C around its reader.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { PNG_READER_MESSAGE_SIZE = 128 };

/// Decodes a PNG of any kind to 8-bit RGB: alpha and transparent colours are dropped, of 16 bits the upper 8 are kept,
/// gamma and colour profiles are ignored. Chunks that are not needed for that are skipped without being stored.
/// - Parameters:
///   - width, height: what the file must say of itself
///   - pixels: `height * width * 3` bytes; what they hold after a failure is undefined
///   - message: `PNG_READER_MESSAGE_SIZE` bytes; after a failure libpng's words, zero-terminated
/// - Returns: 0, or -1 if the file is not a sound PNG of that size
int png_reader_decode(
    const uint8_t *_Nonnull bytes, size_t byte_count, uint32_t width, uint32_t height, uint8_t *_Nonnull pixels,
    char *_Nonnull message);
