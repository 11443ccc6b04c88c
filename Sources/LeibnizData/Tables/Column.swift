/// One column of a table: all its cells are of one type, and any of them may be missing.
///
/// Invariant: `values` has as many entries as `isMissing`; where a cell is missing the entry is 0, NaN or empty.
public struct Column: Sendable {
    /// What the cells of a column are: the narrowest type that all of them fit.
    public enum ValueType: String, Sendable, Hashable, CaseIterable {
        /// Whole numbers of 64 bits.
        case integer
        /// Numbers with fraction or exponent.
        case real
        /// Everything else.
        case text
    }

    /// The cells of a column.
    public enum Values: Sendable, Hashable {
        /// Whole numbers; 0 where missing.
        case integers([Int])
        /// Numbers; NaN where missing.
        case reals([Double])
        /// Texts; empty where missing.
        case texts([String])
    }

    /// What stands in place of missing numbers.
    public enum Missing: Sendable, Hashable {
        /// Nothing does: a missing number is an error.
        case refused
        /// This number, such as NaN or 0.
        case value(Double)
        /// The mean of the column's numbers.
        case mean
    }

    /// What the header calls it; `column1`, `column2`, … without a header.
    public let name: String
    /// Its place in the file, from 1.
    public let number: Int
    /// The cells.
    public let values: Values
    /// Which cells hold nothing.
    public let isMissing: [Bool]
    /// Where the rows begin in the file.
    let origin: RowOrigin

    /// The number of cells.
    public var count: Int { isMissing.count }

    /// What the cells are.
    public var type: ValueType {
        switch values {
        case .integers: .integer
        case .reals: .real
        case .texts: .text
        }
    }

    /// The cells as numbers.
    ///
    /// - Parameter missing: what stands in place of missing ones; they are an error by default.
    /// - Throws: an error that names line and column of the first cell that is no number.
    public func numbers(missing: Missing = .refused) throws(DataError) -> [Double] {
        var numbers: [Double]
        switch values {
        case .integers(let integers): numbers = integers.map(Double.init)
        case .reals(let reals): numbers = reals
        case .texts(let texts):
            let row = texts.indices.first { !isMissing[$0] && CellValue(texts[$0].utf8).real == nil } ?? 0
            throw error(
                row, "the column \(name) holds text where numbers are needed", found: "\"\(texts[row])\"",
                expected: "a number such as -12 or 3.5e-2")
        }
        guard let first = isMissing.firstIndex(of: true) else { return numbers }
        let filler: Double
        switch missing {
        case .refused:
            throw error(
                first, "a number of the column \(name) is missing", found: "an empty cell",
                expected: "a number in every row",
                hint: "leave rows out with droppingMissing(), or say what stands in place: numbers(missing: .mean)")
        case .value(let number): filler = number
        case .mean: filler = statistics?.mean ?? .nan
        }
        for row in isMissing.indices where isMissing[row] { numbers[row] = filler }
        return numbers
    }

    /// The cells as text; numbers as Swift prints them, missing ones empty.
    public var texts: [String] {
        switch values {
        case .integers(let integers): zip(integers, isMissing).map { $1 ? "" : "\($0)" }
        case .reals(let reals): zip(reals, isMissing).map { $1 ? "" : "\($0)" }
        case .texts(let texts): texts
        }
    }

    /// Each cell as the place of its text among all different ones: classes from labels.
    ///
    /// - Returns: the codes, and the texts in the order of the codes: numbers by size, texts by letters.
    /// - Throws: an error for a missing cell.
    public func classes() throws(DataError) -> (codes: [Int], names: [String]) {
        if let row = isMissing.firstIndex(of: true) {
            throw error(
                row, "a class of the column \(name) is missing", found: "an empty cell",
                expected: "a class in every row")
        }
        let names: [String]
        switch values {
        case .integers(let integers): names = Set(integers).sorted().map { "\($0)" }
        case .reals(let reals): names = Set(reals).sorted().map { "\($0)" }
        case .texts(let texts): names = Set(texts).sorted()
        }
        let codes = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
        return (texts.map { codes[$0] ?? 0 }, names)
    }

    /// The same column with some of the rows.
    func selecting(_ rows: [Int], _ origin: RowOrigin) -> Column {
        let chosen: Values =
            switch values {
            case .integers(let integers): .integers(rows.map { integers[$0] })
            case .reals(let reals): .reals(rows.map { reals[$0] })
            case .texts(let texts): .texts(rows.map { texts[$0] })
            }
        return Column(
            name: name, number: number, values: chosen, isMissing: rows.map { isMissing[$0] }, origin: origin)
    }

    private func error(
        _ row: Int, _ summary: String, found: String, expected: String, hint: String? = nil
    ) -> DataError {
        DataError(
            .inconsistent, summary, in: origin.path, at: .cell(line: origin.lines[row], column: number), found: found,
            expected: expected, hint: hint)
    }
}

/// Where the rows of a table come from.
struct RowOrigin: Sendable {
    let path: String
    /// The line of the file where each row begins, from 1.
    var lines: [Int]
}
