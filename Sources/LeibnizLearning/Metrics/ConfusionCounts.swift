import LeibnizCore

/// How figures of several classes become one.
public enum ClassAveraging: Sendable, Hashable {
    /// Their mean: every class counts the same.
    case macro
    /// The figure of all decisions together: every example counts the same.
    case micro
    /// Their mean weighted by the classes' true numbers.
    case weighted
}

/// How often each class (row) was taken for each class (column), and the figures that follow.
public struct ConfusionCounts: Metric, Hashable {
    /// Counts, [actual][predicted].
    public private(set) var value: [[Int]]

    /// - Parameter classCount: how many classes there are, at least 1.
    public init(classCount: Int) {
        let count = max(1, classCount)
        value = Array(repeating: Array(repeating: 0, count: count), count: count)
    }

    /// Predicted and actual classes, integers of one shape [N]. Throws an `IndexError` for another class, and what evaluation finds.
    public mutating func add(_ predicted: Tensor, _ actual: Tensor) throws {
        let counts = try confusionMatrix(predicted, actual, classCount: value.count).array(of: Int.self)
        for (place, count) in counts.enumerated() { value[place / value.count][place % value.count] += count }
    }

    /// The classes of the greatest logits [N, C], and actual classes [N].
    public mutating func add(logits: Tensor, _ actual: Tensor) throws { try add(argMax(logits, axis: -1), actual) }

    /// Takes in what was gathered elsewhere.
    public mutating func merge(_ other: Self) {
        for (row, counts) in other.value.enumerated() where row < value.count {
            for (column, count) in counts.enumerated() where column < value.count { value[row][column] += count }
        }
    }

    /// The share of right decisions.
    public var accuracy: Double { Double(hits.reduce(0, +)) / Double(value.joined().reduce(0, +)) }

    private var hits: [Int] { value.indices.map { value[$0][$0] } }
    private var actual: [Int] { value.map { $0.reduce(0, +) } }
    private var predicted: [Int] { value.indices.map { column in value.reduce(0) { $0 + $1[column] } } }

    /// Of what was taken for a class, the share that is of it: TP/(TP + FP), per class. 0 where nothing was.
    public var precisions: [Double] { zip(hits, predicted).map { share($0, of: $1) } }
    /// Of what is of a class, the share that was taken for it: TP/(TP + FN), per class. 0 where there is nothing.
    public var recalls: [Double] { zip(hits, actual).map { share($0, of: $1) } }
    /// The harmonic mean of precision and recall, 2·TP/(2·TP + FP + FN), per class. 0 where there is nothing.
    public var f1Scores: [Double] { zip(hits, zip(predicted, actual)).map { share(2 * $0, of: $1.0 + $1.1) } }

    /// The precision of all classes together.
    public func precision(_ averaging: ClassAveraging = .macro) -> Double { average(precisions, averaging) }
    /// The recall of all classes together.
    public func recall(_ averaging: ClassAveraging = .macro) -> Double { average(recalls, averaging) }
    /// The F1 score of all classes together.
    public func f1(_ averaging: ClassAveraging = .macro) -> Double { average(f1Scores, averaging) }

    private func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }

    private func average(_ figures: [Double], _ averaging: ClassAveraging) -> Double {
        switch averaging {
        // With one decision per example every false positive is another class' false negative.
        case .micro: return accuracy
        case .macro:
            // Classes that neither occur nor were ever decided for say nothing.
            let known = figures.indices.filter { actual[$0] + predicted[$0] > 0 }
            return known.reduce(0) { $0 + figures[$1] } / Double(known.count)
        case .weighted:
            return zip(figures, actual).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(actual.reduce(0, +))
        }
    }
}
