import LeibnizKernels

/// Random valid loop nests with data, reproducible from a seed: every shape of work that the language has.
///
/// Floating-point results of two right implementations agree within `NestComparison`'s tolerances, integers exactly.
struct NestGenerator {
    /// The shapes of work.
    enum Family: String, CaseIterable {
        case pointwise, reduction, ordered, multiStage, contraction, convolution, gather, scatter
    }

    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Another nest, and the bytes of each of its input and update buffers.
    mutating func next() -> (nest: LoopNest, inputs: [Int: [UInt8]]) {
        let families = Family.allCases
        return next(families[Int.random(in: 0..<families.count, using: &random)])
    }

    /// Another nest of a family.
    mutating func next(_ family: Family) -> (nest: LoopNest, inputs: [Int: [UInt8]]) {
        var builder = NestBuilder(name: family.rawValue, random: random)
        switch family {
        case .pointwise: builder.buildPointwise()
        case .reduction: builder.buildReduction()
        case .ordered: builder.buildOrdered()
        case .multiStage: builder.buildMultiStage()
        case .contraction: builder.buildContraction()
        case .convolution: builder.buildConvolution()
        case .gather: builder.buildGather()
        case .scatter: builder.buildScatter()
        }
        random = builder.random
        return (builder.nest, builder.inputs)
    }
}

extension NestBuilder {
    private mutating func newOuter(_ counts: ClosedRange<Int>, atMost limit: Int) {
        nest.outer = (0..<pick(counts)).map { _ in newAxis(atMost: limit) }
    }

    private mutating func anyType() -> ElementType { chance(0.5) ? .float32 : pick(ElementType.allCases) }

    /// y[i, …] = f(a[…], b[…], …), one to three outputs.
    mutating func buildPointwise() {
        newOuter(0...3, atMost: 17)
        if nest.outer.count == 1 { nest.outer = [newAxis(of: pick([1, 7, 64, 257, 1000]))] }
        var stage = Stage()
        for _ in 0..<pick(1...3) {
            let value = expression(anyType(), over: nest.outer, depth: pick(1...4))
            stage.stores.append(store(value, over: nest.outer))
        }
        nest.stages = [stage]
    }

    /// A reduction's value of a fitting type and kind; sums are of terms that stay bounded together.
    private mutating func newReduction(over axes: [Int], of inner: [Int]) -> Int {
        let operation = pick(ReductionOperation.allCases)
        var type = anyType()
        if type == .bool && (operation == .sum || operation == .product) { type = .float32 }
        let isChoice = operation == .argMax || operation == .argMin
        var value =
            isChoice && type.isFloatingPoint
            ? leaf(type, over: axes) : expression(type, over: axes, depth: pick(0...2))
        let count = inner.reduce(1) { $0 * max(1, nest.axes[$1].extent) }
        if type.isFloatingPoint && operation == .sum {
            value = nest.value(.binary(.multiply, value, nest.value(.float(1 / Double(count)), type)), type)
        } else if type.isFloatingPoint && operation == .product {
            value = load(type, over: axes, positive: true)
            // Of many numbers each is near 1, lest a part of the product overflow in one order and not in another.
            if count > 64 {
                let nearZero = nest.value(.binary(.multiply, value, nest.value(.float(1 / Double(count)), type)), type)
                value = nest.value(.binary(.add, nearZero, nest.value(.float(1), type)), type)
            }
        }
        nest.reductions.append(Reduction(operation, value))
        return nest.reductions.count - 1
    }

    /// The result of a reduction as a value.
    private mutating func result(_ reduction: Int) -> ValueID {
        let (operation, value) = (nest.reductions[reduction].operation, nest.reductions[reduction].value)
        let isChoice = operation == .argMax || operation == .argMin
        let result = nest.value(.reduced(reduction), isChoice ? .int64 : nest.values[value].type)
        if nest.values[result].type.isFloatingPoint {
            magnitudes[result] = operation == .product ? .infinity : 12
        }
        return result
    }

    /// y[i] = g(⊕_j f(a[i, j], …), b[i]), one or two reductions.
    mutating func buildReduction() {
        newOuter(0...2, atMost: 17)
        let inner = (0..<pick(1...2)).map { _ in newAxis(atMost: 33) }
        let around = nest.outer + inner
        let reductions = (0..<pick(1...2)).map { _ in newReduction(over: around, of: inner) }
        var stage = Stage(axes: inner, reductions: reductions)
        if chance(0.2) {
            stage.stores.append(store(expression(anyType(), over: around, depth: 1), over: around))
        }
        var epilogue = Stage()
        for reduction in reductions {
            var value = result(reduction)
            let type = nest.values[value].type
            if chance(0.5) && type != .bool && nest.reductions[reduction].operation != .product {
                let other = expression(type, over: nest.outer, depth: 1)
                value = mark(nest.value(.binary(.add, value, other), type), 12)
            }
            epilogue.stores.append(store(value, over: nest.outer))
        }
        nest.stages = [stage, epilogue]
    }

    /// Running reductions stored at every point, and their last values stored after the loops.
    mutating func buildOrdered() {
        newOuter(0...2, atMost: 9)
        let inner = (0..<pick(1...2)).map { _ in newAxis(atMost: 33) }
        let around = nest.outer + inner
        let reduction = newReduction(over: around, of: inner)
        let running = result(reduction)
        var stage = Stage(axes: inner, ordered: true, reductions: [reduction])
        stage.stores.append(store(running, over: around))
        nest.stages = [stage]
        if chance(0.5) { nest.stages.append(Stage(stores: [store(running, over: nest.outer)])) }
    }

    /// As a softmax: reduce, reduce what depends on the first, store what depends on both.
    mutating func buildMultiStage() {
        newOuter(0...2, atMost: 9)
        let inner = [newAxis(atMost: 40)]
        let around = nest.outer + inner
        let type: ElementType = chance(0.7) ? .float32 : .float64
        let x = load(type, over: around)
        nest.reductions.append(Reduction(pick([.max, .min]), x))
        let difference = nest.value(.binary(.subtract, x, nest.value(.reduced(0), type)), type)
        let e = nest.value(.unary(pick([.exp, .tanh, .abs, .sigmoid]), difference), type)
        nest.reductions.append(Reduction(.sum, e))
        let total = nest.value(.binary(.add, nest.value(.reduced(1), type), nest.value(.float(1), type)), type)
        let y = nest.value(.binary(.divide, e, total), type)
        // The last stage may have axes of its own that walk the same row.
        nest.stages = [
            Stage(axes: inner, reductions: [0]), Stage(axes: inner, reductions: [1]),
            Stage(axes: inner, stores: [store(y, over: around)]),
        ]
        if chance(0.3) { nest.stages[2].stores.append(store(x, over: around)) }
        if chance(0.3) { nest.stages.append(Stage(stores: [store(total, over: nest.outer)])) }
    }

    /// c[i, j] = Σ_k a[i, k] b[k, j] with any layouts, also batched, on small whole numbers or reals.
    mutating func buildContraction() {
        let (i, j, k) = (newAxis(), newAxis(), newAxis())
        nest.outer = [i, j]
        var batch: [Int] = []
        if chance(0.3) {
            batch = [newAxis(of: pick(1...3))]
            nest.outer = batch + nest.outer
        }
        let type = pick([ElementType.float32, .float32, .float64, .int32, .int64])
        func plain(_ axis: Int) -> Dimension { Dimension(index: Affine(0, [(axis, 1)]), size: nest.axes[axis].extent) }
        let left = access(type, (batch + [i, k].shuffled(using: &random)).map(plain), role: .input)
        let right = access(type, (batch + [k, j].shuffled(using: &random)).map(plain), role: .input)
        contract(left, right, over: [k], type)
    }

    /// y[n, o, r, s] = Σ_{c, u, v} x[n, c, step·r + reach·u − padding, …] w[o, c, u, v].
    mutating func buildConvolution() {
        let (n, o, c) = (newAxis(of: pick([1, 2, 8, 9])), newAxis(of: pick(1...7)), newAxis(of: pick(1...3)))
        let (u, v) = (newAxis(of: pick(1...3)), newAxis(of: pick(1...3)))
        let (r, s) = (newAxis(of: pick(1...6)), newAxis(of: pick(1...9)))
        let (step, reach, padding) = (pick(1...2), pick(1...2), pick(0...2))
        func window(_ i: Int, _ j: Int) -> Dimension {
            let span = step * (nest.axes[i].extent - 1) + reach * (nest.axes[j].extent - 1) + 1
            return Dimension(
                index: Affine(-padding, [(i, step), (j, reach)]), size: max(1, span - 2 * padding),
                isGuarded: padding > 0)
        }
        func plain(_ axis: Int) -> Dimension { Dimension(index: Affine(0, [(axis, 1)]), size: nest.axes[axis].extent) }
        let type = pick([ElementType.float32, .float32, .float64, .int32])
        // Batch first, as people think, or last, as vectors like it.
        let pixels = [plain(c), window(r, u), window(s, v)]
        nest.outer = chance(0.5) ? [n, o, r, s] : [o, r, s, n]
        let image = access(
            type, nest.outer[0] == n ? [plain(n)] + pixels : pixels + [plain(n)], role: .input)
        let weights = access(type, [o, c, u, v].map(plain), role: .input)
        contract(image, weights, over: [c, u, v], type)
    }

    private mutating func contract(_ left: Access, _ right: Access, over axes: [Int], _ type: ElementType) {
        if type.isFloatingPoint && chance(0.5) {
            // Whole numbers: any order of addition gives the same bits.
            for buffer in [left.buffer, right.buffer] {
                let whole = (0..<nest.buffers[buffer].count).map { _ in Double(pick(-8...8)) }
                inputs[buffer] = type == .float32 ? bytes(whole.map { Float($0) }) : bytes(whole)
            }
        }
        let (a, b) = (nest.value(.load(left), type), nest.value(.load(right), type))
        nest.reductions = [Reduction(.sum, nest.value(.binary(.multiply, a, b), type))]
        var value = nest.value(.reduced(0), type)
        if chance(0.4) {
            value = nest.value(.binary(.add, value, load(type, over: [nest.outer[nest.outer.count - 1]])), type)
            value = nest.value(.binary(.max, value, load(type, over: [])), type)
        }
        nest.stages = [Stage(axes: axes, reductions: [0]), Stage(stores: [store(value, over: nest.outer)])]
    }

    /// Indices for `gather`: mostly in 0 ..< extent, sometimes not.
    private mutating func indices(
        over axes: [Int], extent: Int, type: ElementType, areLegal: Bool
    ) -> (value: ValueID, index: Affine) {
        let dimensions = axes.map { Dimension(index: Affine(0, [($0, 1)]), size: nest.axes[$0].extent) }
        let access = access(type, dimensions, role: .input)
        let numbers = (0..<nest.buffers[access.buffer].count).map { _ in
            Int64(areLegal || chance(0.9) ? pick(0...extent - 1) : pick([-1, extent, -100, extent + 1000]))
        }
        inputs[access.buffer] =
            switch type {
            case .uint8: bytes(numbers.map { UInt8(truncatingIfNeeded: $0) })
            case .int32: bytes(numbers.map { Int32(truncatingIfNeeded: $0) })
            default: bytes(numbers)
            }
        return (nest.value(.load(access), type), access.index)
    }

    /// y[i, …, j] = table[index[i, …], j], sometimes summed over the indices.
    mutating func buildGather() {
        newOuter(1...2, atMost: 17)
        let column = newAxis(atMost: 33)
        let (extent, width) = (pick([1, 5, 20]), nest.axes[column].extent)
        let indexType = pick([ElementType.int64, .int64, .int32, .uint8])
        let (value, index) = indices(
            over: nest.outer, extent: extent, type: indexType, areLegal: indexType == .uint8 || chance(0.5))
        let type = anyType()
        let otherwise: Gather.OutOfRange = chance(0.5) ? .report(check: pick(0...3), position: index) : .ignore
        let table = newBuffer(type, count: extent * width, role: .input)
        let gather = Gather(value, stride: width, extent: extent, otherwise: otherwise)
        var access = Access(table, Affine(0, [(column, 1)]), gathers: [gather])
        if chance(0.3) { access.bounds = [Bound(Affine(-1, [(nest.outer[0], 1)]), extent: 5)] }
        let loaded = nest.value(.load(access), type)
        if type != .bool && chance(0.3) {
            let position = nest.outer.removeLast()
            nest.outer.append(column)
            nest.reductions = [Reduction(.max, loaded)]
            nest.stages = [
                Stage(axes: [position], reductions: [0]),
                Stage(stores: [store(nest.value(.reduced(0), type), over: nest.outer)]),
            ]
        } else {
            nest.outer.append(column)
            nest.stages = [Stage(stores: [store(loaded, over: nest.outer)])]
        }
    }

    /// table[index[i], j] += x[i, j], the colliding i sequential or a stage's axis.
    mutating func buildScatter() {
        let (row, column) = (newAxis(atMost: 40), newAxis(atMost: 33))
        let (extent, width) = (pick([1, 5, 20]), nest.axes[column].extent)
        let (value, index) = indices(over: [row], extent: extent, type: .int64, areLegal: chance(0.5))
        let type = pick([ElementType.float32, .float32, .float64, .int32, .int64, .uint8])
        let otherwise: Gather.OutOfRange = chance(0.5) ? .report(check: pick(0...3), position: index) : .ignore
        let table = newBuffer(type, count: extent * width, role: .update)
        let target = Access(
            table, Affine(0, [(column, 1)]),
            gathers: [Gather(value, stride: width, extent: extent, otherwise: otherwise)])
        let added = expression(type, over: [row, column], depth: pick(0...1))
        var stage = Stage(stores: [Store(target, added, mode: .add)])
        if chance(0.5) {
            nest.outer = [row, column]
            nest.sequential = [row]
        } else {
            nest.outer = [column]
            stage.axes = [row]
            stage.ordered = chance(0.5)
        }
        nest.stages = [stage]
    }
}
