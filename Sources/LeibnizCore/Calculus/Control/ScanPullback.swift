import LeibnizKernels

/// The reverse of a scan: a scan in the other direction.
///
/// With the step (c′, y) = f(c, x, q) and cotangents c̄′, ȳ, one step backwards gives (c̄, x̄, q̄) = Jᵀ·(c̄′, ȳ). What Jᵀ reads of the
/// step is stacked by a scan forwards; c̄ is the carry, x̄ is stacked, and q̄ is summed over all steps. Where q̄ is a sum of products,
/// such as a weight's, its factors are stacked and multiplied once for the whole sequence; where it is a sum of what is stacked anyway,
/// such as a bias's, that is summed behind the loop.
struct ScanPullback {
    private let scan: Scan
    private let operands: [Tensor]
    /// What belongs to one step backwards.
    private let call = Differentiation()
    /// The values of the step forwards that its body computes anyway.
    private let forward: Set<Node>
    private var builder = ScanBuilder()
    /// Steps' values that are wanted as stacks, in the order of the scan that stacks them.
    private var kept: [Node] = []
    /// Values of the step backwards that are stacked besides.
    private var stacked: [Node] = []
    /// For each operand, what it gains.
    private(set) var cotangents: [Tensor?]

    /// What an operand's cotangent is made of.
    private enum Gain {
        case carry(Int), stack(Int), sum(Int), product(Deferred)
    }

    /// A value of one step summed over all of them, by their stacks.
    private indirect enum Deferred {
        case sum(Deferred, Deferred)
        case view(any Primitive, Deferred)
        case contraction(Contraction, Node, Node)
        case reduction([Int], Node)
    }

    /// - Parameters:
    ///   - given: the cotangents of the results.
    ///   - carries: the carries whose cotangents are carried.
    ///   - wanted: the operands whose cotangents are asked for.
    init(scan: Scan, operands: [Tensor], given: [Tensor?], carries: [Int], wanted: [Int]) {
        (self.scan, self.operands) = (scan, operands)
        forward = Set(scan.body.nodes)
        cotangents = operands.map { _ in nil }
        let body = scan.body
        // One step backwards.
        var roots: [(node: Node, cotangent: Tensor)] = []
        for place in carries {
            let bar = ControlBody.formal(body.formals[place].type, of: call)
            builder.carries.append((bar, given[place] ?? operands[place].filled(0), bar))
            roots.append((body.outputs[place], Tensor(bar)))
        }
        for place in scan.carryCount..<body.outputs.count {
            guard let stack = given[place] else { continue }
            let bar = ControlBody.formal(body.outputs[place].type, of: call)
            builder.slices.append((bar, stack))
            roots.append((body.outputs[place], Tensor(bar)))
        }
        let targets = carries + wanted.filter { $0 >= scan.carryCount }
        let found = Reverse.cotangents(of: roots, at: targets.map { body.formals[$0] })
        var gains: [(operand: Int, gain: Gain)] = []
        for (number, place) in carries.enumerated() {
            let type = body.formals[place].type
            builder.carries[number].next = (found[number] ?? .full(type.shape, 0, type.elementType)).node
            if wanted.contains(place) { gains.append((place, .carry(number))) }
        }
        // What is not found from stacks at first may be once more is stacked.
        var others: [(place: Int, gain: Tensor)] = []
        for (place, gain) in zip(targets, found).dropFirst(carries.count) {
            guard let gain else { continue }
            if gain.isInvalid {
                cotangents = operands.map { _ in gain }
                return
            }
            if place < scan.carryCount + scan.stackCount {
                builder.outputs.append(gain.node)
                gains.append((place, .stack(builder.outputs.count - 1)))
            } else if let deferred = deferred(gain.node, limit: 2 * gain.type.shape.count) {
                gains.append((place, .product(deferred)))
            } else {
                others.append((place, gain))
            }
        }
        for (place, gain) in others {
            if let deferred = deferred(gain.node, limit: 2 * gain.type.shape.count) {
                gains.append((place, .product(deferred)))
            } else {
                let sum = ControlBody.formal(gain.type, of: call)
                builder.carries.append((sum, operands[place].filled(0), (Tensor(sum) + gain).node))
                gains.append((place, .sum(builder.carries.count - 1)))
            }
        }
        run(gains)
    }

    // MARK: The scans

    private mutating func run(_ gains: [(operand: Int, gain: Gain)]) {
        let closing = Closing(
            builder.carries.map(\.next) + builder.outputs + stacked, of: call, belongs: isComputedAgain)
        var more: [(formal: Node, value: Tensor)] = []
        var slices: [(formal: Node, node: Node)] = []
        for (node, formal) in closing.captured {
            if let place = scan.body.formals.firstIndex(of: node), place >= scan.carryCount {
                if place < scan.carryCount + scan.stackCount {
                    builder.slices.append((formal, operands[place]))
                } else {
                    more.append((formal, operands[place]))
                }
            } else if node.depends(on: scan.body.call) {
                keep(node)
                slices.append((formal, node))
            } else {
                more.append((formal, Tensor(node)))
            }
        }
        let stacks = keptStacks()
        for (formal, node) in slices { stacks[node].map { builder.slices.append((formal, $0)) } }
        let results = builder.results(of: call, closing.outputs, more, scan.length, !scan.isReversed)
        var all = stacks
        for (node, stack) in zip(builder.outputs + stacked, results.stacks) { all[node] = stack }
        for (operand, gain) in gains {
            let value: Tensor?
            switch gain {
            case .carry(let place), .sum(let place): value = results.carries[place]
            case .stack(let place): value = results.stacks[place]
            case .product(let deferred): value = total(deferred, all)
            }
            cotangents[operand] = Tensor.sum(cotangents[operand], value)
        }
    }

    /// What is computed again from what is kept: views that keep their operand's size, and all that the derivative adds to the step.
    private func isComputedAgain(_ node: Node) -> Bool {
        guard node.depends(on: scan.body.call), !scan.body.formals.contains(node) else { return false }
        // What an inner loop stacks for its derivative is kept, mostly.
        if !forward.contains(node) { return !isKeptStack(node) }
        switch node.primitive {
        case is Argument, is StopGradient, is Transpose, is Broadcast, is Reshape: return true
        case is Slice, is Cast: return scan.body.formals.contains(node.operands[0])
        default: return false
        }
    }

    private mutating func keep(_ node: Node) { if !kept.contains(node) { kept.append(node) } }

    /// The stacks of steps' values: by the same scan once more, which becomes one with the first where a plan has both.
    private func keptStacks() -> [Node: Tensor] {
        if kept.isEmpty { return [:] }
        let body = scan.body
        let again = Scan(
            body: ControlBody(
                formals: body.formals, outputs: Array(body.outputs[..<scan.carryCount]) + kept, of: body.call),
            carryCount: scan.carryCount, stackCount: scan.stackCount, length: scan.length, isReversed: scan.isReversed,
            isComputedAgain: scan.isComputedAgain)
        let parts = Part.all(of: Tensor(again, operands), again.resultTypes)
        return Dictionary(uniqueKeysWithValues: zip(kept, parts[scan.carryCount...]))
    }

    // MARK: Products for the whole sequence

    /// How a gain is found from stacks, where these are no more than `limit` elements in a step.
    private mutating func deferred(_ node: Node, limit: Int) -> Deferred? {
        let operands = node.operands
        switch node.primitive {
        case is Add:
            guard let a = deferred(operands[0], limit: limit), let b = deferred(operands[1], limit: limit) else {
                return nil
            }
            return .sum(a, b)
        case is Transpose, is Reshape:
            return deferred(operands[0], limit: limit).map { .view(node.primitive, $0) }
        case let contraction as Contraction:
            let count = operands.reduce(0) { $0 + (isOfStep($1) ? $1.type.shape.count : 0) }
            guard count <= limit, operands.allSatisfy({ hasStack($0) }) else { return nil }
            for operand in operands { request(operand) }
            return .contraction(contraction, operands[0], operands[1])
        case let reduction as Reduce where reduction.operation == .sum && isStacked(operands[0]):
            return .reduction(reduction.axes, operands[0])
        default: return nil
        }
    }

    /// Whether a value is one of the step backwards.
    private func isOfStep(_ node: Node) -> Bool { node.depends(on: call) }

    /// Whether a value of the step backwards is stacked already.
    private func isStacked(_ node: Node) -> Bool { builder.outputs.contains(node) || stacked.contains(node) }

    /// Whether a value differs from step to step and can be stacked.
    private func hasStack(_ node: Node) -> Bool {
        if isOfStep(node) { return true }
        if !node.depends(on: scan.body.call) { return false }
        if let place = scan.body.formals.firstIndex(of: node) { return place < scan.carryCount + scan.stackCount }
        if node.primitive is Transpose || node.primitive is Reshape { return hasStack(node.operands[0]) }
        return forward.contains(node) || isKeptStack(node)
    }

    private func isKeptStack(_ node: Node) -> Bool {
        node.primitive is Part && (node.operands[0].primitive as? Scan)?.isComputedAgain != true
    }

    private mutating func request(_ node: Node) {
        if isOfStep(node) {
            if !isStacked(node) { stacked.append(node) }
        } else if let place = scan.body.formals.firstIndex(of: node) {
            if place < scan.carryCount { keep(node) }
        } else if node.primitive is Transpose || node.primitive is Reshape {
            request(node.operands[0])
        } else {
            keep(node)
        }
    }

    private func total(_ deferred: Deferred, _ stacks: [Node: Tensor]) -> Tensor? {
        switch deferred {
        case .sum(let a, let b): return Tensor.sum(total(a, stacks), total(b, stacks))
        case .view(let primitive, let value): return total(value, stacks).map { primitive.applied(to: [$0]) }
        case .contraction(let contraction, let a, let b):
            let step = (contraction.left + contraction.right + contraction.output).reduce(0, Swift.max) + 1
            let whole = Contraction(
                left: [step] + contraction.left, right: [step] + contraction.right, output: contraction.output)
            return Tensor(whole, [stack(a, stacks), stack(b, stacks)])
        case .reduction(let axes, let node): return sum(stack(node, stacks), axes: [0] + axes.map { $0 + 1 })
        }
    }

    private func stack(_ node: Node, _ stacks: [Node: Tensor]) -> Tensor {
        if let known = stacks[node] { return known }
        if let place = scan.body.formals.firstIndex(of: node) { return operands[place] }
        let operand = stack(node.operands[0], stacks)
        return node.primitive.batched(
            BatchedOperands(tensors: [operand], isBatched: [true], count: scan.length))
    }
}

extension Primitive {
    /// The operation on tensors.
    func applied(to operands: [Tensor]) -> Tensor { Tensor(self, operands) }
}
