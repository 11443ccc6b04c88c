/// Why an operation on tensors cannot be done: what was asked of which shapes, where, and what to do instead.
public struct TensorError: Error, Hashable, Sendable {
    /// What kind of mistake it is.
    public enum Kind: String, Sendable {
        case shape = "ShapeError", elementType = "TypeError", index = "IndexError", value = "ValueError", trace =
            "TraceError", runtime = "RuntimeError"
    }

    /// The kind of mistake.
    public var kind: Kind
    /// The operation's name, such as `matmul`.
    public var operation: String
    /// What the operation does with operands of fit shapes: in "matmul cannot contract [2, 3] with [2, 3]", `contract`.
    public var task: String
    /// The shapes of all operands.
    public var shapes: [Shape]
    /// What is wrong.
    public var reason: String
    /// What to do about it.
    public var hint: String?
    /// The layer as far as the operands tell it.
    var layer: String?
    /// Who called the library.
    var caller: Caller?

    /// The layer in which it happened, such as `ConvNet.fc1`.
    public var modulePath: String? { layer ?? caller?.place.layerPath }
    /// The caller's file and line, such as `Model.swift:31`, where they can be found.
    ///
    /// Found when first asked for: some milliseconds, or a second in a large program with debugging information.
    public var location: String? { caller?.place.location }

    /// An error of an operation on operands of `shapes`.
    public init(
        _ operation: String, _ shapes: [Shape] = [], _ reason: String, kind: Kind = .shape,
        cannot task: String = "take",
        hint: String? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.task = task
        self.shapes = shapes
        self.reason = reason
        self.hint = hint
    }
}

extension TensorError: CustomStringConvertible {
    /// One line of what was asked, then lines of why, where, and what to do:
    ///
    ///     ShapeError: matmul cannot contract [64, 256] with [400, 120]
    ///       the last axis of the first operand (256) must equal the first axis of the second (400)
    ///       in ConvNet.fc1, at Model.swift:31
    public var description: String {
        let (verb, joint) = kind == .shape ? (" cannot \(task) ", " with ") : (" of ", " and ")
        let operands = shapes.isEmpty ? "" : verb + shapes.map(\.description).joined(separator: joint)
        var lines = ["\(kind.rawValue): \(operation)\(operands)"]
        lines.append("  " + reason)
        let place = [modulePath.map { "in \($0)" }, location.map { "at \($0)" }].compactMap { $0 }
        if !place.isEmpty { lines.append("  " + place.joined(separator: ", ")) }
        if let hint { lines.append("  hint: " + hint) }
        return lines.joined(separator: "\n")
    }
}
