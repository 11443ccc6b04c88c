import LeibnizKernels
import Synchronization

/// A cell that holds a tensor: with its relatives (`Parameter`) the only mutable state of the library.
///
/// Reading gives the current value; a graph made from it keeps that value whatever is written later. Inside `compiled`,
/// reads and writes are found by the trace, and writes take effect together when the plan has run.
///
/// ```swift
/// let rate = Variable(0.1)
/// rate.value = 0.9 * rate.value
/// ```
public final class Variable: Sendable {
    private static let updateCount = Atomic<Int>(0)
    /// How often any variable of the process was written.
    static var updates: Int { updateCount.load(ordering: .acquiring) }
    private static let typeChangeCount = Atomic<Int>(0)
    /// How often any variable got a value of another shape or element type.
    static var typeChanges: Int { typeChangeCount.load(ordering: .acquiring) }

    /// What a variable holds.
    private struct Cell {
        var leaf: Node
        /// What `leaf` gives way to where it is recorded and turns out to have no value.
        var previous: Node?
        /// Held by a step that is writing to the memory of the value.
        var lease: Lease?

        /// The leaf; with a lease if neither it nor the memory of its value is known to anyone else.
        mutating func lend(to lease: Lease) -> (leaf: Node, isLent: Bool) {
            let isOnly = isKnownUniquelyReferenced(&leaf) && leaf.isValueUnshared
            if isOnly { self.lease = lease }
            return (leaf, isOnly)
        }
    }

    private let cell: Mutex<Cell>
    private let label = Mutex<String?>(nil)
    private let isClaimed = Atomic<Bool>(false)
    private let hasRecords = Atomic<Bool>(false)

    /// A cell with a first value, which is evaluated when it is first needed.
    public init(_ value: Tensor) {
        let first = value.node
        cell = Mutex(Cell(leaf: first))
        cell.withLock { $0.leaf = VariableLeaf.node(for: self, value: first) }
    }

    /// A cell that holds a float32 number.
    public convenience init(_ value: Double) { self.init(Tensor(value)) }

    /// A cell that holds a whole number as float32, such as `Variable(1)`.
    public convenience init(_ value: Int) { self.init(Double(value)) }

    /// The value; writing it swaps the whole tensor.
    public var value: Tensor {
        get { Tensor(node) }
        set { write(newValue) }
    }

    /// The path under which errors name the cell, such as `conv1.weight`.
    public var name: String? {
        get { label.withLock { $0 } }
        set { label.withLock { $0 = newValue } }
    }

    /// What a read gives here and now: the overlay's value inside a trace, else the current leaf.
    var node: Node { Overlay.current?.read(self) ?? current }

    /// The leaf of the current value, whatever overlays say.
    var current: Node {
        let node = leaf
        // A first value that was drawn lazily is evaluated once, so that all reads share it.
        if node.isEvaluated { return node }
        let company = isRecorded ? Records.company(of: self) : []
        do {
            if let first = node.operands.first {
                // What was written before a trace began is no part of it.
                try Overlay.$current.withValue(nil) { try Evaluation.evaluate([first] + company.map(\.value)) }
                if let buffer = first.value { node.setValue(buffer) }
                node.detach()
            }
            return node
        } catch {
            // A pass that failed has found out nothing.
            for record in company where record.leaf !== node { record.variable.retract(record.leaf) }
            if retract(node) { return self.current }
            let reason = (error as? TensorError) ?? TensorError("variable", [], "\(error)", kind: .runtime)
            return Tensor(invalid: reason).node
        }
    }

    /// The memory of the current value, if it is of the type for which a step was made.
    func value(of type: TensorType) throws -> Buffer { try value(current, of: type) }

    private func value(_ leaf: Node, of type: TensorType) throws -> Buffer {
        if let value = leaf.value, leaf.type == type { return value }
        throw (leaf.primitive as? Invalid)?.error
            ?? TensorError(
                "variable", [type.shape, leaf.type.shape],
                "\(name ?? "a variable") changed its shape or element type while a step ran", kind: .runtime)
    }

    /// Gives all variables their first values, drawn in one plan.
    public static func settle(_ variables: [Variable]) throws {
        let pending = variables.map(\.leaf).filter { !$0.isEvaluated }
        try Evaluation.evaluate(pending.compactMap(\.operands.first))
        for variable in variables { _ = variable.current }
    }

    private func write(_ value: Tensor) {
        if let overlay = Overlay.current?.writable { return overlay.write(value.node, to: self) }
        replace(
            with: VariableLeaf.node(for: self, value: value.node), isPending: isRecorded && !value.node.isEvaluated)
    }

    /// Puts back what a record stood in the place of, if the variable still holds the record.
    @discardableResult func retract(_ record: Node) -> Bool {
        cell.withLock { cell in
            guard cell.leaf === record, let previous = cell.previous else { return false }
            (cell.leaf, cell.previous) = (previous, nil)
            return true
        }
    }

    /// Whether passes through a model move its value on: see `record`.
    var isRecorded: Bool { hasRecords.load(ordering: .relaxed) }
    func markRecorded() { hasRecords.store(true, ordering: .relaxed) }

    /// Runs `body`, which reads variables and gives them new values, while nobody else does so with any of them.
    ///
    /// - Throws: a `RuntimeError` at once where another update is under way; whatever `body` throws.
    static func claiming<Result>(
        _ variables: [Variable], for operation: String, _ body: () throws -> Result
    ) throws -> Result {
        var count = 0
        defer { for variable in variables[..<count] { variable.isClaimed.store(false, ordering: .releasing) } }
        for variable in variables {
            guard variable.isClaimed.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
            else { throw variable.conflict(in: operation) }
            count += 1
        }
        return try body()
    }

    /// The error of two updates at once.
    func conflict(in operation: String) -> TensorError {
        TensorError(
            operation, [], "two updates of \(name ?? "a variable") run at once", kind: .runtime,
            hint: "update a model from one task at a time; reading it may go on in others")
    }

    /// Makes evaluated memory the current value.
    func replace(with buffer: Buffer, type: TensorType) {
        replace(with: VariableLeaf.node(for: self, type: type, buffer: buffer))
    }

    private func replace(with node: Node, isPending: Bool = false) {
        let isOfType = cell.withLock { cell in
            defer {
                let known = cell.leaf.isEvaluated ? cell.leaf : cell.previous ?? cell.leaf
                (cell.leaf, cell.previous) = (node, isPending ? known : nil)
            }
            return cell.leaf.type == node.type
        }
        if !isOfType { Variable.typeChangeCount.add(1, ordering: .releasing) }
        Variable.noteUpdate()
    }

    private static func noteUpdate() { Variable.updateCount.add(1, ordering: .releasing) }
}

extension Variable {
    /// Keeps those who read a variable waiting while a step writes to the memory of its value. A step waits for no lease while
    /// it has one, so nobody waits in a circle.
    final class Lease: Sendable {
        private let isHeld = Mutex<Void>(())

        /// Runs `body` with the values of some variables and, for each, whether it may be overwritten: whether nobody else can
        /// ever see it. These then hold what `body` has left there. Not to be called by two threads at once.
        func run<Result>(
            with variables: [Variable], of types: [TensorType], _ body: ([Buffer], [Bool]) throws -> sending Result
        ) throws -> sending Result {
            for variable in variables { _ = variable.current }
            return try isHeld.withLock { _ in
                var (values, isLent) = ([Buffer](), [Bool]())
                values.reserveCapacity(variables.count)
                isLent.reserveCapacity(variables.count)
                defer {
                    for (variable, isLent) in zip(variables, isLent) where isLent {
                        variable.cell.withLock { $0.lease = nil }
                    }
                }
                for (variable, type) in zip(variables, types) {
                    let (node, isOurs) = variable.cell.withLock { $0.lend(to: self) }
                    isLent.append(isOurs)
                    values.append(try variable.value(node, of: type))
                }
                let result = try body(values, isLent)
                if !variables.isEmpty { Variable.noteUpdate() }
                return result
            }
        }

        /// Returns when no step has it any more.
        fileprivate func wait() { isHeld.withLock { _ in } }
    }

    /// The leaf of the value, unless a step is writing to it.
    var leafIfFree: Node? { cell.withLock { $0.lease == nil ? $0.leaf : nil } }

    /// The leaf of the value, when no step is writing to it.
    private var leaf: Node {
        while true {
            let (node, lease) = cell.withLock { ($0.leaf, $0.lease) }
            guard let lease else { return node }
            lease.wait()
        }
    }
}

/// The leaf that stands for one value of a variable.
struct VariableLeaf: LeafPrimitive {
    /// A variable that may be gone. Primitives are copied often, and a weak reference is dear to copy.
    private final class Reference: Sendable {
        weak let variable: Variable?
        init(_ variable: Variable) { self.variable = variable }
    }

    private let reference: Reference
    private let identity: ObjectIdentifier
    var variable: Variable? { reference.variable }

    var name: String { "variable" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }
    static func == (a: Self, b: Self) -> Bool { a.identity == b.identity }
    // Plans are found by structure: which variable it is does not count.
    func hash(into hasher: inout Hasher) {}

    private init(_ variable: Variable) { (reference, identity) = (Reference(variable), ObjectIdentifier(variable)) }

    static func node(for variable: Variable, value: Node) -> Node {
        let leaf = Node(VariableLeaf(variable), [value], value.type, dependence: .variables)
        if let buffer = value.value {
            leaf.setValue(buffer)
            leaf.detach()
        }
        return leaf
    }

    static func node(for variable: Variable, type: TensorType, buffer: Buffer) -> Node {
        Node(VariableLeaf(variable), [], type, value: buffer, dependence: .variables)
    }

    /// Whether the variable still has the value for which `node` stands, or passes through a model have moved it on, which makes
    /// no value of theirs an old one.
    func isCurrent(_ node: Node) -> Bool { variable.map { $0.isRecorded || $0.holds(node) } ?? false }
}

extension Variable {
    /// Whether a leaf stands for the value that the variable has now, whatever overlays say.
    func holds(_ node: Node) -> Bool { cell.withLock { $0.leaf === node } }

    /// The leaf of the current value, whether it is evaluated or not.
    fileprivate var leafNow: Node { leaf }
}

/// Values that stand in for variables in the current task: a trace's writes, or `withParameters`.
final class Overlay: Sendable {
    @TaskLocal static var current: Overlay?

    /// A value that stands in for a variable's.
    struct Write {
        let variable: Variable
        var node: Node
        /// What the variable held when it was first written here.
        let previous: Node
    }

    /// Values in the order in which they were first written.
    private struct Values {
        var places: [ObjectIdentifier: Int] = [:]
        var list: [Write] = []

        mutating func set(_ node: Node, for variable: Variable) {
            if let place = places[ObjectIdentifier(variable)] {
                list[place].node = node
            } else {
                places[ObjectIdentifier(variable)] = list.count
                list.append(Write(variable: variable, node: node, previous: variable.leafNow))
            }
        }
    }

    private let values: Mutex<Values>
    private let parent: Overlay?
    /// Whether writes stay here; otherwise they go to the parent or the variable.
    let takesWrites: Bool
    /// Whether the body is traced: asking for a value is then an error.
    let isTrace: Bool
    /// Whether what is recorded here is recorded anew when the body has ended, and need not be looked at before.
    let defersRecords: Bool
    init(
        values: [(Variable, Tensor)] = [], takesWrites: Bool, isTrace: Bool, defersRecords: Bool = false,
        parent: Overlay? = Overlay.current
    ) {
        var start = Values()
        for (variable, value) in values { start.set(value.node, for: variable) }
        self.values = Mutex(start)
        (self.takesWrites, self.isTrace, self.parent) = (takesWrites, isTrace || parent?.isTrace == true, parent)
        self.defersRecords = defersRecords
    }

    func read(_ variable: Variable) -> Node? {
        values.withLock { values in values.places[ObjectIdentifier(variable)].map { values.list[$0].node } }
            ?? parent?.read(variable)
    }

    /// The nearest overlay that takes writes.
    var writable: Overlay? { takesWrites ? self : parent?.writable }

    func write(_ node: Node, to variable: Variable) {
        values.withLock { $0.set(node, for: variable) }
    }

    /// All that was written, in the order of first writes.
    var written: [Write] { values.withLock { $0.list } }
}
