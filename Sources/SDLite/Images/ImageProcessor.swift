import Architecture

/// Prepares pictures for CLIP, as transformers' `CLIPImageProcessor` does with Pillow.
struct ImageProcessor {
    let configuration: ImageProcessorConfiguration

    /// The middle of the picture: `cropSize` rows of as many pixels of three numbers each.
    /// - Throws: `ImageError.badSize` for a picture that is too long and thin to be resized
    func callAsFunction(_ image: Image) throws(ImageError) -> [Float] {
        let (edge, size) = (configuration.shortestEdge, configuration.cropSize)
        // As `get_resize_output_image_size` rounds the longer side: down.
        let shorter = min(image.width, image.height)
        let resized = try image.resized(
            width: edge * image.width / shorter, height: edge * image.height / shorter, filter: .bicubic)
        let (top, left) = ((resized.height - size) / 2, (resized.width - size) / 2)
        var values: [Float] = []
        values.reserveCapacity(size * size * 3)
        for y in top..<top + size {
            let start = (y * resized.width + left) * 3
            for i in 0..<size * 3 {
                let unit = Float(Double(resized.pixels[start + i]) * (1 / 255))
                values.append((unit - configuration.mean[i % 3]) / configuration.standardDeviation[i % 3])
            }
        }
        return values
    }
}
