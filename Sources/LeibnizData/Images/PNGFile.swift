import CPNG

extension PNGImage {
    /// Reads a PNG file.
    ///
    /// What is allocated is bounded by the file's own size: no deflate stream grows more than 1032-fold, so a header that promises
    /// more pixels than that is refused before any is made room for.
    ///
    /// - Parameters:
    ///   - path: a regular file.
    ///   - byteLimit: the most bytes that the file or its samples may take; 1 GiB by default.
    /// - Throws: a `DataError` that names the file: `missing`, `noPermission` and their like, `wrongHeader` for what is no PNG file,
    ///   `malformed` with libpng's reason, `overflow` beyond the limit.
    public init(contentsOf path: String, byteLimit: Int = 1 << 30) throws(DataError) {
        let bytes = try InputFile(path: path).all(byteLimit: byteLimit)
        guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else {
            throw DataError(
                .wrongHeader, "this is not a PNG file", in: path, at: .byte(0),
                found: bytes.isEmpty
                    ? "an empty file" : bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: " "),
                expected: "89 50 4e 47 d a 1a a, as every PNG file begins")
        }
        self = try Self.decoded(bytes, of: path, byteLimit: byteLimit)
    }

    private static func decoded(_ bytes: [UInt8], of path: String, byteLimit: Int) throws(DataError) -> PNGImage {
        // libpng keeps both addresses from call to call.
        let image = startedImage()
        defer { finish(image) }
        let file = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        defer { file.deallocate() }
        _ = file.initialize(from: bytes)
        guard png_image_begin_read_from_memory(image, file.baseAddress, file.count) != 0 else {
            throw damaged(path, image)
        }
        let isDeep = image.pointee.format & png_uint_32(PNG_FORMAT_FLAG_LINEAR) != 0
        image.pointee.format &= png_uint_32(PNG_FORMAT_FLAG_ALPHA | PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_LINEAR)
        let format = image.pointee.format
        let (width, height) = (Int(image.pointee.width), Int(image.pointee.height))
        let channels =
            (format & png_uint_32(PNG_FORMAT_FLAG_COLOR) != 0 ? 3 : 1)
            + (format & png_uint_32(PNG_FORMAT_FLAG_ALPHA) != 0 ? 1 : 0)
        // At least a bit per pixel and a byte per row.
        guard height * (width / 8 + 1) <= 1032 * bytes.count else {
            throw DataError(
                .malformed, "the picture is larger than its file can hold", in: path,
                found: "\(bytes.count) bytes for \(height)×\(width) pixels", expected: "data for every pixel")
        }
        let count = width * height * channels
        guard count * (isDeep ? 2 : 1) <= byteLimit else {
            throw DataError(
                .overflow, "the picture is too large", in: path,
                found: "\(height)×\(width) pixels of \(channels) samples",
                expected: "at most \(byteLimit) bytes")
        }
        let samples: [UInt16]
        if isDeep {
            var deep = [UInt16](repeating: 0, count: count)
            guard png_image_finish_read(image, nil, &deep, 0, nil) != 0 else { throw damaged(path, image) }
            samples = deep
        } else {
            var shallow = [UInt8](repeating: 0, count: count)
            guard png_image_finish_read(image, nil, &shallow, 0, nil) != 0 else { throw damaged(path, image) }
            samples = shallow.map(UInt16.init)
        }
        return try PNGImage(
            width: width, height: height, channels: channels, depth: isDeep ? .sixteen : .eight, samples: samples)
    }

    /// What libpng knows of a picture, where it stays.
    private static func startedImage() -> UnsafeMutablePointer<png_image> {
        let image = UnsafeMutablePointer<png_image>.allocate(capacity: 1)
        image.initialize(to: png_image())
        image.pointee.version = png_uint_32(PNG_IMAGE_VERSION)
        return image
    }

    private static func finish(_ image: UnsafeMutablePointer<png_image>) {
        png_image_free(image)
        image.deallocate()
    }

    /// Writes a PNG file, whole or not at all: it is written under another name beside it and renamed.
    ///
    /// - Throws: a `DataError` that names the file.
    public func write(to path: String) throws(DataError) { try OutputFile.write(encoded(for: path), to: path) }

    /// The bytes of a PNG file.
    ///
    /// - Parameter path: what errors call it.
    func encoded(for path: String) throws(DataError) -> [UInt8] {
        let image = Self.startedImage()
        defer { Self.finish(image) }
        (image.pointee.width, image.pointee.height) = (png_uint_32(width), png_uint_32(height))
        let flags =
            (channels > 2 ? PNG_FORMAT_FLAG_COLOR : 0) | (channels % 2 == 0 ? PNG_FORMAT_FLAG_ALPHA : 0)
            | (depth == .sixteen ? PNG_FORMAT_FLAG_LINEAR : 0)
        image.pointee.format = png_uint_32(flags)
        // What does not compress grows by less than a tenth, and chunks have their heads.
        var size = samples.count * 3 + height * 2 + 1 << 16
        var bytes = [UInt8](repeating: 0, count: size)
        let isWritten =
            depth == .sixteen
            ? png_image_write_to_memory(image, &bytes, &size, 0, samples, 0, nil)
            : png_image_write_to_memory(image, &bytes, &size, 0, samples.map { UInt8(truncatingIfNeeded: $0) }, 0, nil)
        guard isWritten != 0 else {
            throw DataError(
                .inputOutput, "the picture could not be encoded", in: path, found: Self.message(image),
                expected: "a PNG file of \(height)×\(width) pixels")
        }
        return Array(bytes[..<size])
    }

    private static func damaged(_ path: String, _ image: UnsafeMutablePointer<png_image>) -> DataError {
        DataError(
            .malformed, "the PNG file is damaged", in: path, found: message(image),
            expected: "a whole picture with right check sums")
    }

    /// What libpng says.
    private static func message(_ image: UnsafeMutablePointer<png_image>) -> String {
        withUnsafeBytes(of: image.pointee.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension InputFile {
    /// The rest of the file.
    ///
    /// - Throws: `overflow` where it is longer than `byteLimit`.
    func all(byteLimit: Int) throws(DataError) -> [UInt8] {
        var bytes: [UInt8] = []
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 1)
        defer { block.deallocate() }
        while true {
            let count = try read(into: block)
            if count == 0 { return bytes }
            bytes += block[..<count]
            guard bytes.count <= byteLimit else {
                throw DataError(
                    .overflow, "the file is too large", in: path, found: "more than \(byteLimit) bytes",
                    expected: "at most \(byteLimit) bytes")
            }
        }
    }
}
