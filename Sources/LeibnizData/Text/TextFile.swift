/// Text files.
public enum TextFile {
    /// Reads a file of UTF-8, plain or gzip, without a byte order mark.
    ///
    /// - Throws: an error with the first byte that is not UTF-8; nothing is replaced silently.
    public static func read(_ path: String) throws(DataError) -> String {
        let reader = try GzipReader(path: path)
        let bytes = try reader.bytes(atMost: .max)
        if let place = firstInvalidUTF8(bytes) {
            throw DataError(
                .malformed, "the text is not UTF-8", in: path, at: .after(place, in: reader),
                found: "a byte \(hexadecimal(bytes[place]))", expected: "text in UTF-8",
                hint: "convert it, for example with iconv -f latin1 -t utf-8")
        }
        return String(
            decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...], as: UTF8.self)
    }

    /// Writes a text as UTF-8, whole or not at all.
    public static func write(_ text: String, to path: String) throws(DataError) {
        try OutputFile.write(Array(text.utf8), to: path)
    }
}
