#include "CPNGReader.h"

#include <png.h>
#include <stdio.h>
#include <string.h>

struct source {
    const uint8_t *bytes;
    size_t left;
};

static void read_bytes(png_structp png, png_bytep into, size_t count) {
    struct source *source = png_get_io_ptr(png);
    if (count > source->left) png_error(png, "the file ends too early");
    memcpy(into, source->bytes, count);
    source->bytes += count;
    source->left -= count;
}

static void fail(png_structp png, png_const_charp words) {
    snprintf(png_get_error_ptr(png), PNG_READER_MESSAGE_SIZE, "%s", words);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp words) {
    (void)png;
    (void)words;
}

int png_reader_decode(
    const uint8_t *bytes, size_t byte_count, uint32_t width, uint32_t height, uint8_t *pixels, char *message) {
    struct source source = {bytes, byte_count};
    snprintf(message, PNG_READER_MESSAGE_SIZE, "not enough memory");
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, fail, ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return -1;
    }
    png_set_read_fn(png, &source, read_bytes);
    png_set_user_limits(png, width, height);
    // All that libpng knows but for the header, the palette, transparency and the pixels.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(png, info);

    png_set_strip_16(png);
    png_set_palette_to_rgb(png);
    png_set_expand_gray_1_2_4_to_8(png);
    png_set_strip_alpha(png);
    png_set_gray_to_rgb(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t stride = png_get_rowbytes(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height ||
        stride != (size_t)width * 3)
        png_error(png, "its size is not what its header says");

    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < height; y++) png_read_row(png, pixels + y * stride, NULL);
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
}
