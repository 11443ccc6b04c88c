import CTurboJPEG
import LeibnizCore

/// JPEG files, read with libjpeg-turbo's TurboJPEG interface, which reports errors by return codes.
public enum JPEG {
    /// Reads a file as bytes 0…255, uint8 `[C, H, W]`: three colours (red, green, blue), or one for a grey file.
    ///
    /// Damaged files are refused, also where the decoder would fill up what is missing. Memory is bounded by the file's size: a
    /// file has at least one bit for every block of 8 × 8 pixels, so one that claims more pixels is refused before anything is
    /// allocated.
    ///
    /// - Throws: an error of kind `malformed` with the decoder's words, or `tooShort`.
    public static func read(_ path: String) throws(DataError) -> Tensor {
        try decode(GzipReader(path: path).bytes(atMost: .max), name: path)
    }

    /// The image of a file's bytes.
    ///
    /// - Parameter name: what errors call the file.
    public static func decode(_ bytes: [UInt8], name: String) throws(DataError) -> Tensor {
        guard bytes.starts(with: [0xFF, 0xD8]) else {
            throw DataError(
                bytes.count < 2 ? .tooShort : .wrongHeader, "this is not a JPEG file", in: name, at: .byte(0),
                found:
                    "\(bytes.count) bytes that begin with \(bytes.prefix(2).map(hexadecimal).joined(separator: " "))",
                expected: "0xFF 0xD8")
        }
        guard let decoder = tjInitDecompress() else {
            throw DataError(
                .outOfMemory, "there is no memory to decode with", in: name, found: "a failed allocation",
                expected: "a decoder")
        }
        defer { tjDestroy(decoder) }
        func failure() -> DataError {
            DataError(
                .malformed, "the JPEG data are damaged", in: name, found: String(cString: tjGetErrorStr2(decoder)),
                expected: "an image that decodes without a warning")
        }
        var (width, height, sampling, colours): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        let length = UInt(bytes.count)
        guard tjDecompressHeader3(decoder, bytes, length, &width, &height, &sampling, &colours) == 0 else {
            throw failure()
        }
        guard colours != Int32(TJCS_CMYK.rawValue), colours != Int32(TJCS_YCCK.rawValue) else {
            throw DataError(
                .unsupported, "the image has the four colours of printing", in: name, found: "CMYK",
                expected: "grey or red, green and blue", hint: "convert it to RGB")
        }
        let blocks = (Int(width) + 7) / 8 * ((Int(height) + 7) / 8)
        guard width > 0, height > 0, blocks <= 8 * bytes.count else {
            throw DataError(
                .tooShort, "the file is too short for its image", in: name, at: .byte(bytes.count),
                found: "\(bytes.count) bytes", expected: "at least \(blocks / 8) for \(width) × \(height) pixels")
        }
        let isGrey = colours == Int32(TJCS_GRAY.rawValue)
        let channels = isGrey ? 1 : 3
        let area = Int(width) * Int(height)
        var pixels = [UInt8](repeating: 0, count: area * channels)
        let format = Int32(isGrey ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue)
        // Exact rather than fast: the same pixels as the reference decoder's.
        let flags = Int32(TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)
        guard tjDecompress2(decoder, bytes, length, &pixels, width, 0, height, format, flags) == 0 else {
            throw failure()
        }
        let shape: Shape = [channels, Int(height), Int(width)]
        if isGrey { return Tensor(pixels, shape: shape) }
        let planes = [UInt8](unsafeUninitializedCapacity: pixels.count) { planes, initialized in
            for channel in 0..<3 {
                for place in 0..<area { planes[channel * area + place] = pixels[3 * place + channel] }
            }
            initialized = pixels.count
        }
        return Tensor(planes, shape: shape)
    }
}
