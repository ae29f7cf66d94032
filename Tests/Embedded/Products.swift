extension Checks {
    mutating func tiles() {
        for (rows, taps, depth) in [
            (1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 9, 7), (5, 1, 8), (6, 9, 15), (6, 1, 17), (1, 9, 31), (5, 1, 33),
            (6, 1, 320), (3, 1, 2880),
        ] {
            let stride = depth + 3, offset = 2, outStride = 19
            let a = floats(taps * 6 * stride), panel = floats(taps * depth * 16)
            let offsets = floats(16)
            let inputs = UnsafeMutablePointer<UnsafePointer<Float>>.allocate(capacity: taps * 6)
            for i in 0..<taps * 6 { inputs[i] = UnsafePointer(a + i * stride) }
            for (accumulate, biased) in [(false, false), (true, false), (false, true), (true, true)] {
                let bias: UnsafePointer<Float>? = biased ? UnsafePointer(offsets) : nil
                let out = accumulate ? filled(6 * outStride, 1.5) : filled(6 * outStride)
                tile(rows, taps, depth, inputs, offset, panel, out, outStride, accumulate, bias)
                for r in 0..<6 {
                    for j in 0..<outStride {
                        var sum = accumulate ? 1.5 : 0.0, size = sum
                        if biased && j < 16 {
                            sum += Double(offsets[j])
                            size += abs(Double(offsets[j]))
                        }
                        for tap in 0..<taps {
                            for k in 0..<depth where j < 16 {
                                let product =
                                    Double(inputs[tap * 6 + r][offset + k]) * Double(panel[(tap * depth + k) * 16 + j])
                                sum += product
                                size += abs(product)
                            }
                        }
                        let found = out[r * outStride + j]
                        if r < rows && j < 16 {
                            compare(found, sum, within: Double(taps * depth + 2) * 2 * u * size, "tile", depth)
                        } else {
                            compare(found, accumulate ? 1.5 : Double(untouched), within: 0, "outside tile", depth)
                        }
                    }
                }
            }
        }
    }

    mutating func integerTiles() {
        // No block's sum may leave int32: 127·32767 a product, at most 512 of them.
        for (rows, blocks, pairs) in [
            (1, 1, 1), (2, 1, 2), (3, 3, 3), (4, 2, 7), (5, 1, 8), (6, 5, 15), (6, 2, 17), (1, 3, 31), (5, 1, 33),
            (6, 2, 160), (3, 1, 256),
        ] {
            let channels = blocks * 2 * pairs, stride = channels + 3, outStride = 21
            let a = integers(6 * stride), b = bytes(channels * 16)
            let panel = UnsafeMutablePointer<Int16>.allocate(capacity: channels * 16)
            widenPairs(b, 16, channels, panel, 2 * 16)
            for c in 0..<channels {
                for j in 0..<16 {
                    compare(Int(panel[(c / 2 * 16 + j) * 2 + c % 2]), Int(b[c * 16 + j]), "widenPairs", c)
                }
            }
            let columnScales = floats(blocks * 16), rowScales = floats(6), offsets = floats(16)
            for (accumulate, biased) in [(false, false), (true, false), (false, true), (true, true)] {
                let bias: UnsafePointer<Float>? = biased ? UnsafePointer(offsets) : nil
                let out = accumulate ? filled(6 * outStride, 1.5) : filled(6 * outStride)
                tileInt16(
                    rows, 16, blocks, pairs, a, stride, panel, columnScales, rowScales, out, outStride, accumulate,
                    bias)
                for r in 0..<6 {
                    for j in 0..<outStride {
                        var sum = accumulate ? 1.5 : 0.0, size = sum
                        if biased && j < 16 {
                            sum += Double(offsets[j])
                            size += abs(Double(offsets[j]))
                        }
                        for block in 0..<blocks where j < 16 {
                            var exact = 0
                            for k in block * 2 * pairs..<(block + 1) * 2 * pairs {
                                exact += Int(a[r * stride + k]) * Int(b[k * 16 + j])
                            }
                            let term = Double(exact) * Double(columnScales[block * 16 + j]) * Double(rowScales[r])
                            sum += term
                            size += abs(term)
                        }
                        let found = out[r * outStride + j]
                        if r < rows && j < 16 {
                            compare(found, sum, within: Double(blocks + 4) * 2 * u * size, "tileInt16", pairs)
                        } else {
                            compare(found, accumulate ? 1.5 : Double(untouched), within: 0, "outside tileInt16", pairs)
                        }
                    }
                }
            }
        }
    }

    mutating func weights() {
        // Every finite half, and no rounding: exact.
        let all = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_536)
        for i in 0..<65_536 { all[i] = UInt16(i) & 0x7c00 == 0x7c00 ? 0 : UInt16(i) }
        let converted = filled(65_536)
        convertFloat16(all, 65_536, converted)
        for i in 0..<65_536 {
            compare(converted[i], Double(Float16(bitPattern: all[i])), within: 0, "convertFloat16", i)
        }
        for (channels, taps) in [(1, 1), (7, 1), (3, 9), (33, 9), (320, 1)] {
            let tapStride = channels * 16 + 16
            let half = halves(channels * taps * 16), scales = halves(16), q = bytes(channels * taps * 16)
            let wide = filled(taps * tapStride), scaled = filled(taps * tapStride)
            widenFloat16(half, channels, taps, wide, 16, tapStride)
            widenInt8(q, channels, taps, scales, scaled, 16, tapStride)
            for c in 0..<channels {
                for t in 0..<taps {
                    for j in 0..<16 {
                        let from = (c * taps + t) * 16 + j, to = t * tapStride + c * 16 + j
                        compare(wide[to], Double(half[from]), within: 0, "widenFloat16", c)
                        let product = Float(q[from]) * Float(scales[j])
                        compare(scaled[to], Double(product), within: 0, "widenInt8", c)
                    }
                }
            }
        }
    }
}
