/// Where NaN or an infinity came from: the first operation of a computation whose result has one while its operands have none.
public struct NonFiniteOrigin: Sendable, Hashable {
    /// What it is.
    public enum Kind: Sendable, Hashable {
        /// An operation on finite numbers.
        case operation
        /// A variable that was not finite when it was read, such as a parameter.
        case variable
        /// Data that went in.
        case input
    }

    /// What it is.
    public let kind: Kind
    /// The operation's name, such as `log`; the variable's name, such as `ConvNet.fc1.weight`.
    public let name: String
    /// The shapes of an operation's operands.
    public let operands: [Shape]
    /// The shape of its result.
    public let shape: Shape
    /// How many numbers of the result are not finite.
    public let count: Int
    /// The module whose parameters stand nearest before the operation, such as `ConvNet.fc1`, as far as they have names.
    public let module: String?
}

extension NonFiniteOrigin: CustomStringConvertible {
    /// What, of which shape, and where.
    public var description: String {
        let amount = "\(count) of \(shape.count) numbers"
        let place = module.map { ", in or after \($0)" } ?? ""
        return switch kind {
        case .operation:
            "\(name) of \(operands.map(\.description).joined(separator: " and ")) gave \(amount) that are not finite\(place)"
        case .variable: "\(name) \(shape) was not finite before the step: \(amount)"
        case .input: "an input \(shape) was not finite: \(amount)"
        }
    }
}

/// Finds the operation from which NaN or an infinity in tensors came; nil where they are finite.
///
/// ```swift
/// let loss = crossEntropy(model(x), classes)
/// if let origin = try nonFiniteOrigin(of: [loss]) { print(origin) }
/// ```
/// Constants may be infinite, as masks are. The tensors' history is looked at as long as it is kept: before an update.
///
/// - Throws: what evaluation finds.
/// - Complexity: that of computing the tensors, in one plan of its own.
public func nonFiniteOrigin(of tensors: [Tensor]) throws -> NonFiniteOrigin? {
    let graph = GraphSnapshot(tensors.map(\.node), to: .history)
    let watched = graph.entries.indices.filter { place in
        let node = graph.entries[place].node
        return node.type.elementType.isFloatingPoint && node.type.shape.count > 0
            && !(node.primitive is any TuplePrimitive) && !(node.primitive is Fill)
    }
    func count(_ isBad: (Tensor) -> Tensor) -> [Tensor] {
        watched.map { sum(isBad(Tensor(graph.entries[$0].node)).cast(to: .int64)) }
    }
    let (counts, undefined) = (count { ~isFinite($0) }, count(isNaN))
    try evaluate(counts + undefined)
    let survey = try NonFiniteSurvey(graph, watched, counts, undefined)
    return survey.isFinite ? nil : survey.variable ?? survey.operation ?? survey.input
}

/// Which values of a graph are not finite.
private struct NonFiniteSurvey {
    private let graph: GraphSnapshot
    /// How many numbers of an entry are not finite, or NaN, where there are some.
    private var (bad, undefined) = ([Int: Int](), [Int: Int]())

    init(_ graph: GraphSnapshot, _ watched: [Int], _ counts: [Tensor], _ undefinedCounts: [Tensor]) throws {
        self.graph = graph
        for (place, tensors) in zip(watched, zip(counts, undefinedCounts)) {
            let (count, undefinedCount) = (try tensors.0.item(of: Int.self), try tensors.1.item(of: Int.self))
            if count > 0 { bad[place] = count }
            if undefinedCount > 0 { undefined[place] = undefinedCount }
        }
    }

    /// Whether the roots are finite, whatever infinities are meant on the way.
    var isFinite: Bool { graph.roots.allSatisfy { bad[$0] == nil } }

    /// The first variable that holds such a value.
    var variable: NonFiniteOrigin? {
        for place in bad.keys.sorted() {
            if let leaf = graph.entries[place].node.primitive as? VariableLeaf {
                return origin(place, .variable, leaf.variable?.name ?? "a variable")
            }
        }
        return nil
    }

    /// The first operation that makes such a value of finite ones, or else, where infinities are meant, NaN of what is none.
    var operation: NonFiniteOrigin? {
        for values in [bad, undefined] {
            let place = values.keys.sorted().first { place in
                let entry = graph.entries[place]
                return !entry.isLeaf && !graph.operands(of: entry).contains { isFound(in: values, $0) }
            }
            if let place { return origin(place, .operation, graph.entries[place].node.primitive.name) }
        }
        return nil
    }

    /// The first value that was given.
    var input: NonFiniteOrigin? {
        bad.keys.sorted().first { graph.entries[$0].isLeaf }.map { origin($0, .input, "input") }
    }

    /// Whether an operand has such values; of a tuple, which has no value, whether its operands have.
    private func isFound(in values: [Int: Int], _ place: Int) -> Bool {
        let entry = graph.entries[place]
        if let fill = entry.node.primitive as? Fill {
            return values == undefined ? fill.number.isNaN : !fill.number.isFinite
        }
        if entry.node.primitive is any TuplePrimitive {
            return graph.operands(of: entry).contains { isFound(in: values, $0) }
        }
        return values[place] != nil
    }

    private func origin(_ place: Int, _ kind: NonFiniteOrigin.Kind, _ name: String) -> NonFiniteOrigin {
        let entry = graph.entries[place]
        return NonFiniteOrigin(
            kind: kind, name: name, operands: graph.operands(of: entry).map { graph.entries[$0].node.type.shape },
            shape: entry.node.type.shape, count: bad[place] ?? 0,
            module: kind == .operation ? nearestModule(before: place) : nil)
    }

    /// The path of the module whose variable is the fewest operations before an entry.
    private func nearestModule(before place: Int) -> String? {
        var (queue, seen, next) = ([place], Set([place]), 0)
        while next < queue.count {
            let entry = graph.entries[queue[next]]
            next += 1
            if let name = (entry.node.primitive as? VariableLeaf)?.variable?.name {
                let path = name.split(separator: ".").dropLast().joined(separator: ".")
                return path.isEmpty ? name : path
            }
            for operand in graph.operands(of: entry) where seen.insert(operand).inserted { queue.append(operand) }
        }
        return nil
    }
}

extension Variable {
    /// Runs `body`; what it writes into variables, batch statistics and places of random streams too, is forgotten afterwards.
    package static func discardingWrites<Result>(_ body: () throws -> Result) rethrows -> Result {
        try Overlay.$current.withValue(Overlay(takesWrites: true, isTrace: false)) { try body() }
    }
}
