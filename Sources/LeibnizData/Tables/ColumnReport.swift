/// What a column holds, in numbers: the first look at unknown data.
public struct ColumnReport: Sendable, Hashable {
    /// What the header calls the column.
    public let name: String
    /// What its cells are.
    public let type: Column.ValueType
    /// The number of cells.
    public let count: Int
    /// How many of them are missing.
    public let missing: Int
    /// How many different values there are among the others.
    public let distinct: Int
    /// Least, mean, greatest and spread of numbers; nil for text and where all are missing.
    public let statistics: Statistics?

    /// Least, greatest, mean and spread of numbers.
    public struct Statistics: Sendable, Hashable {
        /// The least number.
        public let min: Double
        /// The greatest number.
        public let max: Double
        /// Their mean.
        public let mean: Double
        /// Their standard deviation, with n − 1 in the denominator; 0 for one number.
        public let deviation: Double
    }
}

extension Column {
    /// Type, missing cells, different values, least, mean, greatest.
    public var report: ColumnReport {
        let distinct: Int
        switch values {
        case .integers(let integers): distinct = Set(present(integers)).count
        case .reals(let reals): distinct = Set(present(reals)).count
        case .texts(let texts): distinct = Set(present(texts)).count
        }
        return ColumnReport(
            name: name, type: type, count: count, missing: isMissing.count { $0 }, distinct: distinct,
            statistics: statistics)
    }

    /// Of the cells that are not missing; nil for text and where there are none.
    var statistics: ColumnReport.Statistics? {
        let numbers: [Double]
        switch values {
        case .integers(let integers): numbers = present(integers).map(Double.init)
        case .reals(let reals): numbers = present(reals)
        case .texts: return nil
        }
        guard var (least, greatest) = numbers.first.map({ ($0, $0) }) else { return nil }
        // Welford's recurrence (1962) loses no digits where the mean is far from 0.
        var (mean, squares) = (0.0, 0.0)
        for (place, number) in numbers.enumerated() {
            let difference = number - mean
            mean += difference / Double(place + 1)
            squares += difference * (number - mean)
            (least, greatest) = (Swift.min(least, number), Swift.max(greatest, number))
        }
        let deviation = numbers.count > 1 ? (squares / Double(numbers.count - 1)).squareRoot() : 0
        return ColumnReport.Statistics(min: least, max: greatest, mean: mean, deviation: deviation)
    }

    private func present<Value>(_ values: [Value]) -> [Value] { zip(values, isMissing).filter { !$1 }.map(\.0) }
}

/// The reports of all columns of a table; printed, a table of its own.
public struct TableReport: Sendable, Hashable, CustomStringConvertible {
    /// The number of rows.
    public let rowCount: Int
    /// One report per column, in the order of the file.
    public let columns: [ColumnReport]

    /// One line per column under a heading.
    public var description: String {
        let heading = ["column", "type", "missing", "distinct", "min", "mean", "max", "deviation"]
        let rows = columns.map { column in
            let numbers = column.statistics.map { [$0.min, $0.mean, $0.max, $0.deviation] } ?? []
            return [column.name, column.type.rawValue, "\(column.missing)", "\(column.distinct)"]
                + numbers.map(sixDigits) + [String](repeating: "–", count: 4 - numbers.count)
        }
        let widths = heading.indices.map { place in ([heading] + rows).map { $0[place].count }.max() ?? 0 }
        let lines = ([heading] + rows).map { row in
            row.enumerated().map { place, text in
                let space = String(repeating: " ", count: widths[place] - text.count)
                return place < 2 ? text + space : space + text
            }.joined(separator: "  ")
        }
        return (["\(rowCount) rows"] + lines).joined(separator: "\n")
    }
}

extension Table {
    /// The reports of all columns.
    public var report: TableReport { TableReport(rowCount: rowCount, columns: columns.map(\.report)) }
}

/// A number to six significant digits, without zeros at the end.
private func sixDigits(_ number: Double) -> String {
    guard number.isFinite, number != 0 else { return number == 0 ? "0" : "\(number)" }
    var (scale, size) = (1.0, number.magnitude)
    while size < 1e5, scale < 1e300 { (scale, size) = (scale * 10, size * 10) }
    let rounded = size > 1e15 ? number : (number * scale).rounded() / scale
    return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? "\(Int(rounded))" : "\(rounded)"
}
