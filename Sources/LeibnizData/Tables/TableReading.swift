extension Table {
    /// Whether the first record names the columns.
    public enum Header: Sendable, Hashable, CaseIterable {
        /// It does if none of its cells is missing or a number.
        case automatic
        /// It does.
        case present
        /// It is data already.
        case absent
    }

    /// Reads a file of comma-, semicolon- or tab-separated values, plain or gzip, in UTF-8.
    ///
    /// A column is of integers if all its cells are, else of reals if all are numbers, else of text. Cells that are empty or
    /// hold NA, N/A, n/a, NaN, nan, NULL, null, None or ? without quotation marks are missing; spaces around such cells and
    /// around numbers do not count.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - delimiter: what stands between cells, one ASCII character; by default whichever of comma, semicolon and tab occurs
    ///     most often in the first line.
    ///   - header: whether the first record names the columns; decided by its cells by default.
    /// - Throws: an error that names line and column, where a record has more or fewer cells than the first, two columns have
    ///   one name, a quoted cell does not end, or bytes are not UTF-8.
    /// - Complexity: O(bytes of the file), in time and memory.
    public init(path: String, delimiter: Character? = nil, header: Header = .automatic) throws(DataError) {
        try self.init(
            bytes: GzipReader(path: path).bytes(atMost: .max), name: path, delimiter: delimiter, header: header)
    }

    /// Reads a text in memory.
    ///
    /// - Parameter name: what errors call it.
    public init(
        bytes: [UInt8], name: String, delimiter: Character? = nil, header: Header = .automatic
    ) throws(DataError) {
        var text = DelimitedText(bytes, path: name, delimiter: try Self.delimiter(delimiter, of: bytes))
        var record: [DelimitedText.Cell] = []
        guard let firstLine = try text.next(into: &record) else {
            throw DataError(
                .tooShort, "the table is empty", in: name, found: "no record", expected: "at least a header or one row")
        }
        try Self.checkUTF8(text)
        let first = record
        let namesColumns = header == .present || header == .automatic && Self.isHeader(first, text)
        let names = try namesColumns ? Self.names(first, text, firstLine) : (1...first.count).map { "column\($0)" }
        var (cells, lines) = ([[DelimitedText.Cell]](repeating: [], count: first.count), [Int]())
        if !namesColumns {
            for column in cells.indices { cells[column].append(first[column]) }
            lines.append(firstLine)
        }
        while let line = try text.next(into: &record) {
            guard record.count == first.count else {
                throw DataError(
                    .inconsistent, "a row has another number of cells than the first", in: name,
                    at: .cell(line: line, column: min(record.count, first.count) + 1), found: "\(record.count) cells",
                    expected: "\(first.count), as in line \(firstLine)")
            }
            for column in cells.indices { cells[column].append(record[column]) }
            lines.append(line)
        }
        let origin = RowOrigin(path: name, lines: lines)
        self.init(
            zip(names, cells).enumerated().map { place, column in
                Column(name: column.0, number: place + 1, cells: column.1, of: text, origin)
            }, origin)
    }

    private static func delimiter(_ given: Character?, of bytes: [UInt8]) throws(DataError) -> UInt8 {
        guard let given else {
            var counts: [UInt8: Int] = [:]
            var isQuoted = false
            for byte in bytes {
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                if !isQuoted, byte == 0x0A || byte == 0x0D { break }
                if !isQuoted { counts[byte, default: 0] += 1 }
            }
            // The first of several equally frequent ones.
            return [",", ";", "\t"].map { UInt8(ascii: $0) }.reduce(UInt8(ascii: ",")) {
                counts[$1, default: 0] > counts[$0, default: 0] ? $1 : $0
            }
        }
        guard let byte = given.asciiValue, ![0x22, 0x0A, 0x0D].contains(byte) else {
            throw DataError(
                .argument, "this cannot stand between cells", in: "delimiter", found: "\(given)",
                expected: "an ASCII character other than a quotation mark and a line end")
        }
        return byte
    }

    private static func checkUTF8(_ text: DelimitedText) throws(DataError) {
        guard let place = firstInvalidUTF8(text.bytes) else { return }
        throw DataError(
            .malformed, "the text is not UTF-8", in: text.path, at: .byte(place),
            found: "a byte \(hexadecimal(text.bytes[place]))", expected: "text in UTF-8",
            hint: "convert it, for example with iconv -f latin1 -t utf-8")
    }

    private static func isHeader(_ cells: [DelimitedText.Cell], _ text: DelimitedText) -> Bool {
        cells.allSatisfy { cell in !text.isMissing(cell) && CellValue(text.bytes[cell.range]).real == nil }
    }

    private static func names(
        _ cells: [DelimitedText.Cell], _ text: DelimitedText, _ line: Int
    ) throws(DataError) -> [String] {
        var names: [String] = []
        var seen: Set<String> = []
        for (place, cell) in cells.enumerated() {
            let name = cell.isQuoted ? text.text(cell) : String(CellValue(text.bytes[cell.range]).trimmed)
            guard !name.isEmpty, seen.insert(name).inserted else {
                throw DataError(
                    .inconsistent, name.isEmpty ? "a column has no name" : "two columns have one name", in: text.path,
                    at: .cell(line: line, column: place + 1), found: name.isEmpty ? "an empty cell" : name,
                    expected: "a name of its own for every column",
                    hint: "header: .absent reads the first record as data")
            }
            names.append(name)
        }
        return names
    }
}

extension Column {
    /// The narrowest type that all cells fit.
    fileprivate init(
        name: String, number: Int, cells: [DelimitedText.Cell], of text: DelimitedText, _ origin: RowOrigin
    ) {
        let isMissing = cells.map(text.isMissing)
        func all<Value>(or empty: Value, _ parse: (DelimitedText.Cell) -> Value?) -> [Value]? {
            var values: [Value] = []
            values.reserveCapacity(cells.count)
            for (cell, isMissing) in zip(cells, isMissing) {
                guard let value = isMissing ? empty : parse(cell) else { return nil }
                values.append(value)
            }
            return values
        }
        let hasValues = isMissing.contains(false)
        let values: Values
        if hasValues, let integers = all(or: 0, { CellValue(text.bytes[$0.range]).integer }) {
            values = .integers(integers)
        } else if let reals = all(or: .nan, { CellValue(text.bytes[$0.range]).real }) {
            values = .reals(reals)  // also a column without any value: what is missing is usually a number
        } else {
            values = .texts(all(or: "", text.text) ?? [])
        }
        self.init(name: name, number: number, values: values, isMissing: isMissing, origin: origin)
    }
}

extension DelimitedText {
    /// Whether a cell holds nothing, in one of the ways of saying so.
    fileprivate func isMissing(_ cell: Cell) -> Bool {
        if cell.isQuoted { return false }
        let count = cell.range.count
        if count == 0 { return true }
        // Most cells are numbers: look closer only at what begins like a mark or a space.
        switch bytes[cell.range.lowerBound] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            return false
        default: break
        }
        let trimmed = CellValue(bytes[cell.range]).trimmed
        return trimmed.isEmpty || CellValue.missingMarks.contains { $0 == trimmed }
    }
}
