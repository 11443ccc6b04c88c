/// The records of a text of comma-separated values, one after the other, as ranges of its bytes.
///
/// The rules are those of RFC 4180: cells stand between delimiters, records between line ends (LF, CR LF or CR); a cell that
/// begins with a quotation mark ends at the next single one, and two of them within stand for one. Empty lines are no
/// records. What breaks a rule is an error that names line and column.
struct DelimitedText {
    /// One cell: the bytes between its delimiters or quotation marks.
    struct Cell {
        var range: Range<Int>
        var isQuoted = false
        /// Whether pairs of quotation marks in it stand for single ones.
        var hasPairs = false
    }

    let path: String
    let bytes: [UInt8]
    let delimiter: UInt8
    /// The line of the next record, from 1.
    private(set) var line = 1
    private var place = 0

    /// - Parameter delimiter: a byte that is neither a quotation mark nor a line end.
    init(_ bytes: [UInt8], path: String, delimiter: UInt8) {
        (self.bytes, self.path, self.delimiter) = (bytes, path, delimiter)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }  // the byte order mark that some programs write
    }

    /// Puts the next record's cells into `cells` and returns the line where it begins; nil at the end.
    mutating func next(into cells: inout [Cell]) throws(DataError) -> Int? {
        cells.removeAll(keepingCapacity: true)
        while place < bytes.count, isLineEnd(bytes[place]) { passLineEnd() }
        guard place < bytes.count else { return nil }
        let start = line
        while true {
            cells.append(try cell(number: cells.count + 1))
            guard place < bytes.count else { return start }
            if bytes[place] == delimiter {
                place += 1
            } else {
                passLineEnd()
                return start
            }
        }
    }

    /// The text of a cell without quotation marks.
    func text(_ cell: Cell) -> String {
        guard cell.hasPairs else { return String(decoding: bytes[cell.range], as: UTF8.self) }
        var plain: [UInt8] = []
        plain.reserveCapacity(cell.range.count)
        var skips = false
        for byte in bytes[cell.range] {
            skips = byte == quote && !skips
            if !skips { plain.append(byte) }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    private mutating func cell(number: Int) throws(DataError) -> Cell {
        guard place < bytes.count, bytes[place] == quote else {
            let start = place
            while place < bytes.count, bytes[place] != delimiter, !isLineEnd(bytes[place]) {
                guard bytes[place] != quote else {
                    throw malformed(
                        "a quotation mark stands within a cell", line, number,
                        found: "a quotation mark after other text",
                        expected: "cells that hold one to be quoted as a whole, with the mark written twice")
                }
                place += 1
            }
            return Cell(range: start..<place)
        }
        return try quotedCell(number)
    }

    private mutating func quotedCell(_ number: Int) throws(DataError) -> Cell {
        let firstLine = line
        place += 1
        var cell = Cell(range: place..<place, isQuoted: true)
        while place < bytes.count {
            let byte = bytes[place]
            if byte == quote {
                if place + 1 < bytes.count, bytes[place + 1] == quote {
                    cell.hasPairs = true
                    place += 2
                    continue
                }
                cell.range = cell.range.lowerBound..<place
                place += 1
                guard place == bytes.count || bytes[place] == delimiter || isLineEnd(bytes[place]) else {
                    throw malformed(
                        "text follows the end of a quoted cell", line, number,
                        found: "a byte \(hexadecimal(bytes[place]))", expected: "the delimiter or the end of the line")
                }
                return cell
            }
            if isLineEnd(byte) { passLineEnd() } else { place += 1 }
        }
        throw malformed(
            "a quoted cell never ends", firstLine, number, found: "the end of the file",
            expected: "a closing quotation mark")
    }

    private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private mutating func passLineEnd() {
        place += bytes[place] == 0x0D && place + 1 < bytes.count && bytes[place + 1] == 0x0A ? 2 : 1
        line += 1
    }

    private func malformed(
        _ summary: String, _ line: Int, _ column: Int, found: String, expected: String
    ) -> DataError {
        DataError(
            .malformed, summary, in: path, at: .cell(line: line, column: column), found: found, expected: expected)
    }
}

private let quote = UInt8(ascii: "\"")
