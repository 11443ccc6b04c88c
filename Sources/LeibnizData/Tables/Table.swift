import LeibnizCore

/// A table of named columns, each of one type, read from comma- or tab-separated text.
///
/// ```swift
/// let table = try Table(path: "houses.csv")
/// print(table.report)                                        // type, missing, mean, … of each column
/// let x = try table.tensor(["area", "rooms"]), y = try table["price"].numbers()
/// ```
/// Invariants: all columns have `rowCount` cells; their names differ.
public struct Table: Sendable {
    /// The columns in the order of the file.
    public let columns: [Column]
    /// The number of rows, without the header.
    public let rowCount: Int
    let origin: RowOrigin
    private let places: [String: Int]

    init(_ columns: [Column], _ origin: RowOrigin) {
        (self.columns, self.origin, rowCount) = (columns, origin, origin.lines.count)
        places = Dictionary(columns.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }

    /// The names of the columns in the order of the file.
    public var names: [String] { columns.map(\.name) }

    /// The column with a name.
    ///
    /// - Throws: an error of kind `missing` that lists the names there are.
    public subscript(name: String) -> Column {
        get throws(DataError) {
            guard let place = places[name] else {
                throw DataError(
                    .missing, "the table has no such column", in: origin.path, found: names.joined(separator: ", "),
                    expected: "a column called \(name)")
            }
            return columns[place]
        }
    }

    /// Columns side by side as a matrix `[rowCount, names.count]`.
    ///
    /// - Parameters:
    ///   - names: the columns; by default all that hold numbers.
    ///   - missing: what stands in place of missing numbers; they are an error by default.
    ///   - elementType: float32 by default.
    public func tensor(
        _ names: [String]? = nil, missing: Column.Missing = .refused, _ elementType: ElementType? = nil
    ) throws(DataError) -> Tensor {
        var chosen: [[Double]] = []
        for name in names ?? columns.filter({ $0.type != .text }).map(\.name) {
            chosen.append(try self[name].numbers(missing: missing))
        }
        var numbers: [Double] = []
        numbers.reserveCapacity(rowCount * chosen.count)
        for row in 0..<rowCount { for column in chosen { numbers.append(column[row]) } }
        return Tensor(numbers, shape: [rowCount, chosen.count], elementType)
    }

    /// The rows with the given numbers, from 0, in that order.
    ///
    /// - Precondition: each is in 0 ..< rowCount.
    public func selecting(rows: [Int]) -> Table {
        let chosen = RowOrigin(path: origin.path, lines: rows.map { origin.lines[$0] })
        return Table(columns.map { $0.selecting(rows, chosen) }, chosen)
    }

    /// The rows in which no cell of the named columns (of all, by default) is missing.
    ///
    /// - Throws: an error for a name that the table lacks.
    public func droppingMissing(in names: [String]? = nil) throws(DataError) -> Table {
        var chosen: [Column] = []
        for name in names ?? self.names { chosen.append(try self[name]) }
        return selecting(rows: (0..<rowCount).filter { row in chosen.allSatisfy { !$0.isMissing[row] } })
    }
}
