import LeibnizKernels
import Synchronization

extension Variable {
    /// Writes what a pass through a model has found out by the way: a batch statistic, or the next place of a random stream.
    ///
    /// It differs from `value = …` in three ways. A step along a loss of the same pass computes the value along, in one plan. The
    /// loss does not count as computed from old values because of it. And nothing is written where the value depends on the
    /// argument of a transformation: a derivative or an element of a batch asks what a model *would* do.
    ///
    /// ```swift
    /// runningMean.record(0.9 * runningMean.value + 0.1 * mean(x, axes: [0]))
    /// ```
    public func record(_ value: Tensor) { Variable.record([(self, value)]) }

    /// Records several values, all or none: where one depends on the argument of a transformation, none is written.
    public static func record(_ values: [(variable: Variable, value: Tensor)]) {
        for (variable, _) in values { variable.markRecorded() }
        let isDeferred = Overlay.current?.writable?.defersRecords == true
        let isFact = values.allSatisfy { _, value in
            !value.isInvalid && (isDeferred || !value.node.dependence.contains(.argument))
        }
        guard isFact else { return }
        for (variable, value) in values { variable.value = value }
        if Overlay.current?.writable == nil { Records.note(values.map(\.variable)) }
    }
}

/// Recorded values that nobody has computed yet.
enum Records {
    /// A variable with a value that waits to be computed.
    struct Pending {
        let variable: Variable
        /// The leaf that stands for it.
        let leaf: Node
        /// The operations that give it.
        let value: Node

        /// The record as a write of a step.
        var write: Overlay.Write { Overlay.Write(variable: variable, node: value, previous: leaf) }
    }

    /// Runs `body`, which computes and writes records; if it throws, their variables hold what they held before the pass.
    static func keeping<Result>(_ records: [Pending], _ body: () throws -> Result) rethrows -> Result {
        do {
            return try body()
        } catch {
            for record in records { record.variable.retract(record.leaf) }
            throw error
        }
    }

    private struct Waiting {
        weak let variable: Variable?
        /// The call that recorded it: what was found out together is computed together.
        var call: Int
    }
    private struct State {
        var waiting: [Waiting] = []
        var calls = 0
    }

    private static let state = Mutex(State())

    /// Remembers that variables hold values that wait to be computed.
    static func note(_ variables: [Variable]) {
        state.withLock { state in
            state.calls += 1
            for variable in variables {
                if let place = state.waiting.firstIndex(where: { $0.variable === variable }) {
                    state.waiting[place].call = state.calls
                } else {
                    state.waiting.append(Waiting(variable: variable, call: state.calls))
                }
            }
        }
    }

    /// The records that wait and were made in one call with the one that a variable holds, that one included.
    static func company(of variable: Variable) -> [Pending] {
        state.withLock { state in
            guard let call = state.waiting.first(where: { $0.variable === variable })?.call else { return [] }
            return state.waiting.filter { $0.call == call }.compactMap { $0.variable?.pendingRecord }
        }
    }

    /// The records of the passes that computed a graph: those whose values, or one that was recorded together with them, have an
    /// operation or a variable's value in common with it.
    static func pending(sharing graph: GraphSnapshot) -> [Pending] {
        let all = state.withLock { state in
            state.waiting.removeAll { $0.variable?.pendingRecord == nil }
            return state.waiting.compactMap { waiting in
                waiting.variable?.pendingRecord.map { (record: $0, call: waiting.call) }
            }
        }
        if all.isEmpty { return [] }
        let members = Set(
            graph.entries.lazy.filter { !$0.isLeaf || $0.node.primitive is VariableLeaf }.map {
                ObjectIdentifier($0.node)
            })
        // What was seen of one record without meeting the graph need not be seen again for the next.
        var strangers = Set<ObjectIdentifier>()
        let calls = Set(all.filter { meets(members, from: $0.record.value, strangers: &strangers) }.map(\.call))
        return all.filter { calls.contains($0.call) }.map(\.record)
    }

    private static func meets(
        _ members: Set<ObjectIdentifier>, from root: Node, strangers: inout Set<ObjectIdentifier>
    ) -> Bool {
        var (stack, seen) = ([root], strangers)
        while let node = stack.popLast() {
            if members.contains(ObjectIdentifier(node)) { return true }
            if seen.insert(ObjectIdentifier(node)).inserted { stack += node.operands }
        }
        strangers = seen
        return false
    }
}

extension Variable {
    /// The record that the variable holds and nobody has computed.
    fileprivate var pendingRecord: Records.Pending? {
        guard isRecorded, let node = leafIfFree, !node.isEvaluated, let value = node.operands.first else { return nil }
        return Records.Pending(variable: self, leaf: node, value: value)
    }
}
