import LeibnizKernels

/// A kernel with the instructions whose memory it uses, in the order of its buffers.
struct LoweredKernel {
    let work: PlanWork
    let memory: [Int]
    let checks: [IndexCheck]
    /// What a nest reads and writes.
    let accesses: [MemoryAccess]
    /// The instructions after which it may run although it does not read them: it reads what is computed again then.
    let awaited: Set<Int>

    /// The instructions whose memory it only reads.
    var read: [Int] {
        switch work {
        case .nest(let nest): zip(memory, nest.buffers).filter { $0.1.role == .input }.map(\.0)
        case .sort: Array(memory.dropLast())
        case .control(let control): Array(memory[..<control.readCount])
        }
    }

    /// The instructions whose memory it writes.
    var written: [Int] {
        switch work {
        case .nest(let nest): zip(memory, nest.buffers).filter { $0.1.role != .input }.map(\.0)
        case .sort: Array(memory.suffix(1))
        case .control(let control): Array(memory[control.readCount...])
        }
    }
}

/// Makes the kernels that fill a root's memory.
///
/// Most roots are one nest: a loop per axis, perhaps a reduction, a store. Starts again with finer loops where an index asks for it.
struct RootLowering {
    let program: Program
    private(set) var fusion: Fusion
    private(set) var layouts: Layouts
    /// Whether the nests are for a search for layouts, not for use.
    let isSurvey: Bool
    /// The results of operations with several that somebody needs: their instructions, by operation and place.
    private(set) var parts: [Int: [Int: Int]] = [:]

    init(_ program: Program, fusion: Fusion, layouts: Layouts, isSurvey: Bool = false) {
        (self.program, self.fusion, self.layouts, self.isSurvey) = (program, fusion, layouts, isSurvey)
    }

    /// Notes that a result of an operation with several is needed, and returns the operation.
    mutating func need(_ part: Part, _ number: Int) -> Int {
        let operation = program[number].operands[0]
        parts[operation, default: [:]][part.place] = number
        return operation
    }

    /// The kernels of one root, in order. May give other operations memory of their own, which are then roots too.
    mutating func kernels(of root: Int) -> [LoweredKernel] {
        let type = program[root].type
        switch program[root].primitive {
        case let sort as SortIndices:
            let keys = program[root].operands[0]
            let length = program[keys].type.shape[-1]
            layouts.pin(keys)
            layouts.pin(root)
            let work = RowSort(
                type: program[keys].type.elementType, rows: sort.count == 0 ? 0 : type.shape.count / sort.count,
                length: length, kept: sort.count, descending: sort.descending)
            return [
                LoweredKernel(
                    work: .sort(work), memory: [keys, root], checks: [], accesses: [], awaited: [])
            ]
        case let control as any ControlPrimitive:
            let (work, memory) = control.work(program[root].operands, parts: parts[root] ?? [:])
            for number in memory { layouts.pin(number) }
            return [LoweredKernel(work: .control(work), memory: memory, checks: [], accesses: [], awaited: [])]
        case let join as Concatenate:
            var start = 0
            var kernels: [LoweredKernel] = []
            for operand in program[root].operands {
                let shape = program[operand].type.shape
                let first = start
                kernels.append(
                    nest(root) { lowering throws(LoweringInterruption) in
                        let index = lowering.outerLoops(over: shape, owner: root)
                        let value = try lowering.element(operand, at: index)
                        var place = index
                        place[join.axis] = place[join.axis] + first
                        try lowering.store(value, at: place)
                    })
                start += shape[join.axis]
            }
            return kernels
        case let pad as Pad where pad.interior > 0 && !pad.divides(type.shape):
            let operand = program[root].operands[0]
            return [
                zeros(root),
                nest(root) { lowering throws(LoweringInterruption) in
                    let index = lowering.outerLoops(over: lowering.program[operand].type.shape, owner: root)
                    let value = try lowering.element(operand, at: index)
                    var place = index
                    place[pad.axis] = place[pad.axis] * (pad.interior + 1) + pad.before
                    try lowering.store(value, at: place)
                },
            ]
        case let scatter as ScatterAdd:
            let (operand, indices) = (program[root].operands[0], program[root].operands[1])
            return [
                program[root].operands.count > 2 ? copy(of: program[root].operands[2], into: root) : zeros(root),
                nest(root) { lowering throws(LoweringInterruption) in
                    let index = lowering.scatterLoops(
                        over: lowering.program[operand].type.shape, along: scatter.axis, owner: root)
                    let value = try lowering.element(operand, at: index)
                    guard lowering.layouts[root].isRowMajor else { throw .pin(root) }
                    let stride = type.shape.rowMajorStrides[scatter.axis]
                    let gather = try lowering.gather(
                        indices, axis: scatter.axis, extent: scatter.extent, stride: stride, at: index, bounds: [],
                        of: "scatter", report: scatter.report)
                    var place = index
                    place[scatter.axis] = Affine(0)
                    try lowering.store(value, at: place, gathers: [gather], mode: .add)
                },
            ]
        case let prefix as Prefix:
            return [
                nest(root) { lowering throws(LoweringInterruption) in
                    let (index, axes) = lowering.orderedLoops(over: type.shape, along: prefix.axis, owner: root)
                    let value = try lowering.element(lowering.program[root].operands[0], at: index)
                    try lowering.storeRunning(prefix.operation, value, at: index, axes: axes)
                }
            ]
        default:
            return [
                nest(root) { lowering throws(LoweringInterruption) in
                    let (index, inner) = lowering.loops(
                        over: type.shape, owner: root, outer: lowering.fusion.rows[root])
                    lowering.mayOverrun = inner.isEmpty
                    let value = try lowering.computed(root, at: index, bounds: [])
                    try lowering.store(value, at: index, along: inner)
                    for (tap, place) in lowering.fusion.taps[root, default: [:]].sorted(by: { $0.key < $1.key }) {
                        let place = place.map { $0.substituting(index) }
                        let isInner = place.contains { $0.terms.contains { inner.contains($0.axis) } }
                        let value = try lowering.element(tap, at: place)
                        try lowering.store(value, to: tap, at: place, along: isInner ? inner : [])
                    }
                }
            ]
        }
    }

    private mutating func copy(of operand: Int, into root: Int) -> LoweredKernel {
        nest(root) { lowering throws(LoweringInterruption) in
            let index = lowering.outerLoops(over: lowering.program[root].type.shape, owner: root)
            try lowering.store(try lowering.element(operand, at: index), at: index)
        }
    }

    private mutating func zeros(_ root: Int) -> LoweredKernel {
        let type = program[root].type
        return nest(root) { lowering throws(LoweringInterruption) in
            let index = lowering.outerLoops(over: [type.shape.count], owner: root)
            lowering.store(lowering.builder.constant(0, type.elementType), atOffset: index[0])
        }
    }

    /// Builds one nest, as often as loops have to be split or written out.
    private mutating func nest(_ root: Int, _ build: (inout NestLowering) throws(LoweringInterruption) -> Void)
        -> LoweredKernel
    {
        var (splits, written) = ([LoopKey: LoopSplit](), WrittenLoops())
        while true {
            var lowering = NestLowering(
                program, fusion: fusion, layouts: layouts, root: root, splits: splits, written: written,
                isSurvey: isSurvey)
            do throws(LoweringInterruption) {
                repeat { try build(&lowering) } while lowering.advance()
                return LoweredKernel(
                    work: .nest(isSurvey ? lowering.builder.nest : lowering.builder.nest.sharingWalks()),
                    memory: lowering.memory, checks: lowering.checks, accesses: lowering.accesses,
                    awaited: lowering.awaited)
            } catch {
                switch error {
                case .split(let key, let piece, let factor, let shift):
                    let whole = lowering.extent(of: LoopPiece(key: key, piece: piece))
                    var split = splits[key] ?? LoopSplit(pieces: [whole])
                    let outer = (split.pieces[piece] + shift + factor - 1) / factor
                    split.pieces.replaceSubrange(piece...piece, with: [outer, factor])
                    split.shift += shift
                    splits[key] = split
                    written.renumber(key, after: piece)
                case .unroll(let piece): written.add(piece, extent: lowering.extent(of: piece))
                case .materialize(let number):
                    precondition(number != root, "\(program[number].primitive.name) has no loops")
                    fusion.materialize(number)
                case .pin(let number): layouts.pin(number)
                }
            }
        }
    }
}

extension Pad {
    /// Whether positions of the result can be split evenly into elements and gaps.
    fileprivate func divides(_ shape: Shape) -> Bool { shape[axis] % (interior + 1) == 0 && before == 0 }
}

extension NestLowering {
    /// Writes an element at `index`, of the root or of what its kernel writes as well, after all reductions.
    mutating func store(
        _ value: Scalar, to number: Int? = nil, at index: [Affine], along axes: [Int] = [], gathers: [Gather] = [],
        mode: Store.Mode = .write
    ) throws(LoweringInterruption) {
        let number = number ?? root
        let offset = try offset(number, at: index, isInner: !axes.isEmpty)
        store(value, to: number, atOffset: offset, along: axes, gathers: gathers, mode: mode)
    }

    mutating func store(
        _ value: Scalar, to number: Int? = nil, atOffset offset: Affine, along axes: [Int] = [],
        gathers: [Gather] = [], mode: Store.Mode = .write
    ) {
        let access = Access(
            buffer(number ?? root, role: mode == .add ? .update : .output), offset, bounds: rootBounds,
            gathers: gathers)
        let store = Store(access, value.id, mode: mode)
        if let last = builder.nest.stages.indices.last, builder.nest.stages[last].axes == axes,
            builder.nest.stages[last].reductions.isEmpty
        {
            builder.nest.stages[last].stores.append(store)
        } else {
            builder.nest.stages.append(Stage(axes: axes, stores: [store]))
        }
    }

    /// Loops of a scatter: elements with an equal index lie along `axis`, which therefore runs in order.
    fileprivate mutating func scatterLoops(over shape: Shape, along axis: Int, owner: Int) -> [Affine] {
        shape.extents.enumerated().map { place, extent in
            let (axes, index) = loop(LoopKey(owner: owner, axis: place), extent: extent)
            builder.nest.outer += axes
            if place == axis { builder.nest.sequential.formUnion(axes) }
            return index
        }
    }

    /// Loops of a prefix: outer ones, and those along `axis`, which the ordered stage runs.
    fileprivate mutating func orderedLoops(over shape: Shape, along axis: Int, owner: Int) -> (
        index: [Affine], ordered: [Int]
    ) {
        var ordered: [Int] = []
        let index = shape.extents.enumerated().map { place, extent in
            let (axes, index) = loop(LoopKey(owner: owner, axis: place), extent: extent)
            if place == axis { ordered += axes } else { builder.nest.outer += axes }
            return index
        }
        return (index, ordered)
    }

    /// Writes the running value of a reduction at each step of the ordered loops.
    fileprivate mutating func storeRunning(
        _ operation: ReductionOperation, _ value: Scalar, at index: [Affine], axes: [Int]
    ) throws(LoweringInterruption) {
        builder.nest.reductions.append(Reduction(operation, value.id))
        let place = builder.nest.reductions.count - 1
        let running = builder.add(.reduced(place), value.type)
        let access = Access(buffer(root, role: .output), try offset(root, at: index))
        builder.nest.stages.append(
            Stage(axes: axes, ordered: true, reductions: [place], stores: [Store(access, running.id)]))
    }
}
