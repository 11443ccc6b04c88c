/// A log of one JSON object a line.
public final class JSONLinesLog {
    private let file: LogFile

    /// Opens a log, made with its folder if need be; what is in it stays.
    public init(path: String) throws(DataError) { file = try LogFile(path: path) }

    /// Adds a line.
    public func write(_ members: [(key: String, value: JSONValue)]) throws(DataError) {
        try file.append(Array("\(JSONValue.object(members))\n".utf8))
    }
}

/// A log as a table of comma-separated values: a header, then one record a line.
public final class CSVLog {
    /// What the header calls the columns.
    public let columns: [String]
    private let file: LogFile

    /// Opens a log, made with its folder if need be.
    ///
    /// - Parameter columns: the names in the header, at least one. A file that is not empty must begin with this header, and goes on.
    /// - Throws: an error of kind `wrongHeader` where it does not.
    public init(path: String, columns: [String]) throws(DataError) {
        self.columns = columns
        let header = Self.record(columns)
        guard case .other("a file")? = try fileKindIfPresent(path) else {
            file = try LogFile(path: path)
            try file.append(Array(header.utf8))
            return
        }
        let input = try InputFile(path: path)
        let start = try input.bytes(at: 0, count: min(input.byteCount, header.utf8.count))
        guard start.isEmpty || start == Array(header.utf8) else {
            throw DataError(
                .wrongHeader, "the log has other columns", in: path, at: .byte(0),
                found: String(decoding: start, as: UTF8.self), expected: header,
                hint: "give the log of another run another name")
        }
        file = try LogFile(path: path)
        if start.isEmpty { try file.append(Array(header.utf8)) }
    }

    /// Adds a record; columns without a value are left empty.
    ///
    /// - Throws: an error of kind `argument` for a name that is no column.
    public func write(_ values: [String: JSONValue]) throws(DataError) {
        if let unknown = values.keys.filter({ !columns.contains($0) }).min() {
            throw DataError(
                .argument, "the log has no such column", in: "values", found: unknown,
                expected: columns.joined(separator: ", "))
        }
        let texts = columns.map { name -> String in
            guard let value = values[name] else { return "" }
            return value.text ?? "\(value)"
        }
        try file.append(Array(Self.record(texts).utf8))
    }

    /// Cells between commas; those with commas, quotation marks or line ends in quotation marks (RFC 4180).
    private static func record(_ cells: [String]) -> String {
        cells.map { cell in
            let isPlain = !cell.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
            return isPlain
                ? cell
                : "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }.joined(separator: ",") + "\n"
    }
}
