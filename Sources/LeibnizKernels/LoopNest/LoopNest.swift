/// The number of a scalar in `LoopNest.values`.
public typealias ValueID = Int

/// A loop nest: what one kernel computes, said without how.
///
/// For every point of the `outer` axes the `stages` run one after the other. A stage loops over its own axes; at each
/// point it first updates its reductions, then performs its stores. This one form holds pointwise maps (one stage without
/// axes), contractions and pools (a reducing stage, then a storing one without axes), whole rows (softmax: reduce, reduce,
/// store), prefix sums (an ordered stage), and scatters.
///
/// Scalars are numbered and written once (`values`); a value's operands have smaller numbers. A value is evaluated where it
/// is used, at the current point of all axes that enclose the use. Nothing here knows what machine it will run on.
public struct LoopNest: Hashable, Sendable {
    /// A short name for people, such as `sum_exp`; it is not part of a nest's identity.
    public var name: String
    /// The buffers that accesses name by position.
    public var buffers: [BufferDeclaration]
    /// All loops, numbered; `outer` and `Stage.axes` refer to them.
    public var axes: [Axis]
    /// The independent loops around all stages, outermost first (an advice, not an order: any order is right).
    public var outer: [Int]
    /// The outer axes along which iterations must run one after the other in increasing order on one thread
    /// (stores with `.add` may collide along them). Never vectorised, never parallel.
    public var sequential: Set<Int>
    /// All scalars.
    public var values: [Value]
    /// All reductions; a stage owns some of them.
    public var reductions: [Reduction]
    /// What happens at each outer point, in order.
    public var stages: [Stage]
    /// How the nest is cut so that others can follow it piece by piece; nil where it runs as a whole.
    public var bands: Bands?

    /// An empty nest, to be filled.
    public init(name: String) {
        self.name = name
        (buffers, axes, outer, sequential, values, reductions, stages) = ([], [], [], [], [], [], [])
    }

    /// Equal in all that is computed; names do not count.
    public static func == (a: LoopNest, b: LoopNest) -> Bool {
        a.buffers == b.buffers && a.axes == b.axes && a.outer == b.outer && a.sequential == b.sequential
            && a.values == b.values && a.reductions == b.reductions && a.stages == b.stages && a.bands == b.bands
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(buffers)
        hasher.combine(axes)
        hasher.combine(outer)
        hasher.combine(values)
        hasher.combine(stages)
        hasher.combine(bands)
    }
}

extension LoopNest {
    /// The distances between a vector's lanes that as many copies can fill, so that neighbours are written as whole vectors.
    public static let filledGaps: Set = [2, 4]

    /// The search for where the extreme stands that a stage's reduction finds: with the place it has the extreme itself. Nil where the stage
    /// has none, or needs the extreme so far at each point.
    func search(besides reduction: Int, in stage: Stage) -> Int? {
        let wanted = reductions[reduction]
        let operation: ReductionOperation? =
            switch wanted.operation {
            case .max: .argMax
            case .min: .argMin
            case .sum, .product, .argMax, .argMin: nil
            }
        guard let operation, !stage.ordered else { return nil }
        return stage.reductions.first { reductions[$0].operation == operation && reductions[$0].value == wanted.value }
    }
}

/// A loop over 0 ..< extent. An extent of 0 is legal: nothing runs, reductions give their identity.
public struct Axis: Hashable, Sendable {
    /// The number of iterations.
    public var extent: Int

    /// A loop of `extent` iterations.
    public init(_ extent: Int) { self.extent = extent }
}

/// Pieces of a nest along an outer axis, each a unit of work: kernels that share them run one after the other on each piece
/// (`BandedKernel`).
public struct Bands: Hashable, Sendable {
    /// An outer axis that is not sequential.
    public var axis: Int
    /// Another, each of whose iterations has bands of its own; nil where there is none.
    public var around: Int?
    /// The iterations of the first axis in a band; the last may have fewer.
    public var length: Int
    /// The buffers that are written for a nest that follows.
    public var handedOn: Set<Int>
    /// The buffers that are read from where no nest of the same bands has written: those of the next band are far.
    public var brought: Set<Int>

    /// Bands of `length` iterations along an axis.
    public init(axis: Int, around: Int? = nil, length: Int, handedOn: Set<Int> = [], brought: Set<Int> = []) {
        (self.axis, self.around, self.length) = (axis, around, length)
        (self.handedOn, self.brought) = (handedOn, brought)
    }

    /// Whether a loop along an axis is cut by bands.
    func cuts(_ axis: Int) -> Bool { axis == self.axis || axis == around }
}

/// What a kernel may do with a buffer. Distinct buffers never overlap, except that an output may be the same memory as an
/// input where every access to both has the same index (an update in place).
public struct BufferDeclaration: Hashable, Sendable {
    /// How a kernel uses the memory.
    public enum Role: String, Hashable, Sendable { case input, output, update }

    /// The type of its elements.
    public var type: ElementType
    /// The number of elements; no index reaches it.
    public var count: Int
    /// Read only, written only, or (for `.add`) both.
    public var role: Role

    /// A buffer of `count` elements.
    public init(_ type: ElementType, count: Int, role: Role) {
        self.type = type
        self.count = count
        self.role = role
    }
}

/// One scalar: an operation and its result type.
public struct Value: Hashable, Sendable {
    /// How it is computed.
    public let operation: Operation
    /// Its type.
    public let type: ElementType

    /// A scalar of a type.
    public init(_ operation: Operation, _ type: ElementType) {
        self.operation = operation
        self.type = type
    }

    /// What can stand in a scalar expression.
    public enum Operation: Hashable, Sendable {
        /// A floating-point number, rounded to the value's type.
        case float(Double)
        /// An integer, or 0/1 for `bool`.
        case integer(Int64)
        /// An affine function of the loop indices, as `int64`.
        case index(Affine)
        /// An element of a buffer, of the buffer's type; 0 (or false) where one of the access's bounds fails.
        case load(Access)
        /// Whether all bounds hold, as `bool`.
        case within([Bound])
        case unary(UnaryOperation, ValueID)
        case binary(BinaryOperation, ValueID, ValueID)
        case compare(Comparison, ValueID, ValueID)
        /// The second where the first (`bool`) is true, else the third. No side is an error to evaluate.
        case select(ValueID, ValueID, ValueID)
        /// To the value's type. Float to integer: towards zero, saturating, NaN → 0; to `uint8` by way of int32, modulo 256. Number to `bool`: ≠ 0.
        case convert(ValueID)
        /// Word 0…3 of Philox4x32-10 (Salmon et al. 2011) as `int32` bits. Key: the two halves of the `int64` `key`, low first.
        /// Counter words: low half of the `int64` `counter`, its high half, 0, 0.
        case random(key: ValueID, counter: ValueID, word: Int)
        /// The result of a reduction of an earlier stage; inside an ordered stage that owns it, the running value including this point.
        case reduced(Int)
    }
}

/// An address: buffer[index + Σ gather.stride·gather.value], guarded by bounds.
public struct Access: Hashable, Sendable {
    /// The number of the buffer.
    public var buffer: Int
    /// The affine part of the element index.
    public var index: Affine
    /// Where one fails, a load gives zero and a store does nothing (gathers are then not looked at).
    public var bounds: [Bound]
    /// The parts of the index that are data.
    public var gathers: [Gather]

    /// An address.
    public init(_ buffer: Int, _ index: Affine, bounds: [Bound] = [], gathers: [Gather] = []) {
        self.buffer = buffer
        self.index = index
        self.bounds = bounds
        self.gathers = gathers
    }
}

/// An integer value that becomes part of an address.
public struct Gather: Hashable, Sendable {
    /// The value, of an integer type.
    public var value: ValueID
    /// What it is multiplied by.
    public var stride: Int
    /// Legal values are 0 ..< extent. No other ever reaches an address.
    public var extent: Int
    /// What happens to the others.
    public var otherwise: OutOfRange

    /// What an illegal value does: a store does nothing in both cases.
    public enum OutOfRange: Hashable, Sendable {
        /// The run has failed: the status record says check number, the value, and the function `position` (which element of the index
        /// tensor it was). What a load gives is not defined.
        case report(check: Int, position: Affine)
        /// A load gives zero.
        case ignore
    }

    /// A gathered index.
    public init(_ value: ValueID, stride: Int, extent: Int, otherwise: OutOfRange) {
        self.value = value
        self.stride = stride
        self.extent = extent
        self.otherwise = otherwise
    }
}

/// A reduction over the axes of the stage that owns it.
public struct Reduction: Hashable, Sendable {
    /// How values combine.
    public var operation: ReductionOperation
    /// What is reduced. The result has its type (`int64` for arg-max and arg-min).
    public var value: ValueID

    /// A reduction of a value.
    public init(_ operation: ReductionOperation, _ value: ValueID) {
        self.operation = operation
        self.value = value
    }
}

/// One step at an outer point: a loop over `axes` that reduces, stores, or both.
public struct Stage: Hashable, Sendable {
    /// The loops, outermost first. None: the stage runs once.
    public var axes: [Int]
    /// Whether iterations run in row-major order and stores see running values (a prefix sum).
    public var ordered: Bool
    /// The numbers of the reductions that this stage computes.
    public var reductions: [Int]
    /// What it writes, at each of its points.
    public var stores: [Store]

    /// A stage.
    public init(axes: [Int] = [], ordered: Bool = false, reductions: [Int] = [], stores: [Store] = []) {
        self.axes = axes
        self.ordered = ordered
        self.reductions = reductions
        self.stores = stores
    }
}

/// A write of a value. No two points of a nest write the same element, but with `.add`.
public struct Store: Hashable, Sendable {
    /// Replace, or add to what is there (role `update`; colliding points lie along `sequential` or stage axes).
    public enum Mode: String, Hashable, Sendable { case write, add }

    /// Where.
    public var access: Access
    /// What.
    public var value: ValueID
    /// How.
    public var mode: Mode

    /// A write.
    public init(_ access: Access, _ value: ValueID, mode: Mode = .write) {
        self.access = access
        self.value = value
        self.mode = mode
    }
}

extension LoopNest {
    /// Appends a scalar, or finds the equal one, and returns its number.
    public mutating func value(_ operation: Value.Operation, _ type: ElementType) -> ValueID {
        let new = Value(operation, type)
        if let known = values.lastIndex(of: new) { return known }
        values.append(new)
        return values.count - 1
    }
}

extension LoopNest {
    /// The row-major position of a point over a stage's axes.
    func position(in stage: Stage) -> Affine {
        var (position, size) = (Affine(), 1)
        for axis in stage.axes.reversed() {
            position.add(size, axis: axis)
            size *= axes[axis].extent
        }
        return position
    }

    /// What a stage adds up and stores.
    func roots(of stage: Stage) -> [ValueID] {
        let gathers = stage.stores.flatMap { $0.access.gathers.map(\.value) }
        return stage.reductions.map { reductions[$0].value } + stage.stores.map(\.value) + gathers
    }
}

extension Value {
    /// The values that it is computed from.
    public var operands: [ValueID] { operation.operands }
}
