import LeibnizKernels

extension Tensor {
    /// The integers from `start` up to but without `end`, in steps, as int64.
    ///
    /// - Parameter step: not 0; 1 by default. Negative goes down to `end`.
    public static func arange(_ start: Int, _ end: Int, step: Int = 1) -> Tensor {
        let (distance, isTooFar) =
            step > 0 ? end.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(end)
        guard step != 0, !isTooFar, step != .min else {
            return refused("arange", "\(start) to \(end) in steps of \(step) has no end")
        }
        let count = distance <= 0 ? 0 : (distance - 1) / Swift.abs(step) + 1
        // Start and step are arguments: a loop over ranges compiles once.
        return iota([count], axis: 0) * Tensor(copying: [step], []) + Tensor(copying: [start], [])
    }

    /// The integers from 0 up to but without `end`, as int64.
    public static func arange(_ end: Int) -> Tensor { end >= 0 ? iota([end], axis: 0) : arange(0, end) }

    /// The numbers from `start` in steps, up to but without `end`, as float32.
    ///
    /// - Parameter step: not 0. Negative goes down to `end`.
    public static func arange(_ start: Double, _ end: Double, step: Double) -> Tensor {
        let ratio = ((end - start) / step).rounded(.up)
        guard ratio.isFinite, ratio < 1e15 else {
            return refused("arange", "\(start) to \(end) in steps of \(step) has no end")
        }
        let numbers = iota([Swift.max(0, Int(ratio))], axis: 0).cast(to: .float64)
        return (numbers * Tensor(argument: step) + Tensor(argument: start)).cast(to: .float32)
    }

    /// `count` numbers from `start` through `end` at equal distances.
    ///
    /// - Parameters:
    ///   - count: not negative; of one number it is `start`.
    ///   - elementType: float32 by default.
    public static func linspace(_ start: Double, _ end: Double, count: Int, _ elementType: ElementType = .float32)
        -> Tensor
    {
        guard count >= 0 else { return refused("linspace", "\(count) numbers cannot be made") }
        let numbers = iota([count], axis: 0).cast(to: .float64)
        let share = numbers / Tensor(argument: Double(Swift.max(1, count - 1)))
        // From both ends, so that the last number is exactly `end`.
        return (Tensor(argument: start) * (1 - share) + Tensor(argument: end) * share).cast(to: elementType)
    }

    private static func refused(_ name: String, _ reason: String) -> Tensor {
        Tensor(invalid: TensorError(name, [], reason, kind: .value).located())
    }

    /// Ones on the diagonal, zeros elsewhere.
    public static func eye(_ rows: Int, _ columns: Int? = nil, _ elementType: ElementType = .float32) -> Tensor {
        let shape: Shape = [rows, columns ?? rows]
        return (iota(shape, axis: 0) == iota(shape, axis: 1)).cast(to: elementType)
    }
}

/// The lower triangle of the last two axes, zeros above; `diagonal` > 0 keeps as many diagonals above the main one.
public func tril(_ x: Tensor, diagonal: Int = 0) -> Tensor {
    triangle(x, "tril") { $1 - $0 <= Tensor(weak: Double(diagonal), .int64) }
}

/// The upper triangle of the last two axes, zeros below; `diagonal` > 0 leaves as many diagonals out.
public func triu(_ x: Tensor, diagonal: Int = 0) -> Tensor {
    triangle(x, "triu") { $1 - $0 >= Tensor(weak: Double(diagonal), .int64) }
}

private func triangle(_ x: Tensor, _ name: String, _ isKept: (Tensor, Tensor) -> Tensor) -> Tensor {
    if x.isInvalid { return x }
    guard x.type.shape.rank >= 2 else {
        return Tensor(invalid: TensorError(name, [x.type.shape], "a triangle needs two axes").located(among: [x]))
    }
    let (shape, rank) = (x.type.shape, x.type.shape.rank)
    return which(isKept(.iota(shape, axis: rank - 2), .iota(shape, axis: rank - 1)), x, x.filled(0))
}

/// Coordinates of a grid: one tensor per vector, each of all vectors' extents, the first vector along axis 0.
public func meshgrid(_ vectors: [Tensor]) -> [Tensor] {
    let shape = Shape(vectors.map { $0.isInvalid ? 1 : $0.type.shape.count })
    return vectors.enumerated().map { place, vector in
        guard !vector.isInvalid, vector.type.shape.rank == 1 else {
            return vector.isInvalid
                ? vector
                : Tensor(
                    invalid: TensorError("meshgrid", [vector.type.shape], "only vectors span a grid").located(among: [
                        vector
                    ]))
        }
        var extents = Array(repeating: 1, count: vectors.count)
        extents[place] = shape[place]
        return vector.reshaped(to: Shape(extents)).broadcast(to: shape)
    }
}

/// Tensors of one shape joined along a new axis.
///
/// - Parameter axis: the place of the new axis in the result; 0 by default, negative counts from the last.
public func stack(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    if let invalid = tensors.first(where: \.isInvalid) { return invalid }
    guard let first = tensors.first, tensors.allSatisfy({ $0.type.shape == first.type.shape }) else {
        let reason = tensors.isEmpty ? "there is nothing to join" : "all tensors must have one shape"
        let error = TensorError(
            "stack", tensors.map(\.type.shape), reason, cannot: "join", hint: "concatenate joins along an axis")
        return Tensor(invalid: error.located(among: tensors))
    }
    return concatenate(tensors.map { $0.expanded(at: axis) }, axis: axis)
}

extension Tensor {
    /// The tensor cut along an axis into pieces of the given extents.
    ///
    /// - Parameters:
    ///   - sizes: not negative; together the axis' extent, else as many invalid tensors are returned.
    ///   - axis: the first by default.
    public func split(_ sizes: [Int], axis: Int = 0) -> [Tensor] {
        pieces(sizes.count, axis) { extent in
            sizes.allSatisfy { $0 >= 0 } && sizes.reduce(0, &+) == extent
                ? sizes : .none
        }
    }

    /// The tensor cut along an axis into `count` equal pieces.
    ///
    /// - Parameters:
    ///   - count: a positive divisor of the axis' extent, else invalid tensors are returned.
    ///   - axis: the first by default.
    public func split(into count: Int, axis: Int = 0) -> [Tensor] {
        pieces(count, axis) { extent in
            count > 0 && extent % count == 0 ? Array(repeating: extent / count, count: count) : nil
        }
    }

    /// - Parameter sizes: the pieces of an axis of the given extent, or `nil` where they do not fit.
    private func pieces(_ count: Int, _ axis: Int, _ sizes: (Int) -> [Int]?) -> [Tensor] {
        func all(_ tensor: Tensor) -> [Tensor] { Array(repeating: tensor, count: Swift.max(1, count)) }
        if isInvalid { return all(self) }
        do throws(TensorError) {
            let place = try type.shape.axis(axis, of: "split")
            guard let sizes = sizes(type.shape[place]) else {
                throw TensorError(
                    "split", [type.shape],
                    "axis \(axis) of extent \(type.shape[place]) does not fall into \(count) pieces of these sizes",
                    cannot: "cut")
            }
            var start = 0
            return sizes.map { size in
                defer { start += size }
                return sliced(axis: place, start: start, count: size)
            }
        } catch {
            return all(Tensor(invalid: error.located(among: [self])))
        }
    }

    /// The tensor repeated `counts` times along each axis, aligned at the last.
    ///
    /// - Parameter counts: not negative; may be more than there are axes.
    public func tiled(_ counts: [Int]) -> Tensor {
        if isInvalid { return self }
        let rank = Swift.max(type.shape.rank, counts.count)
        let extents = Array(repeating: 1, count: rank - type.shape.rank) + type.shape.extents
        let times = Array(repeating: 1, count: rank - counts.count) + counts
        let repeated = Shape(zip(times, extents).flatMap { [$0, $1] })
        if let flaw = repeated.flaw(of: "tiled", elementType) { return Tensor(invalid: flaw.located(among: [self])) }
        let single = Shape(extents.flatMap { [1, $0] })
        return reshaped(to: single).broadcast(to: repeated).reshaped(to: Shape(zip(times, extents).map { $0 * $1 }))
    }

    /// The elements moved by `shift` places along an axis; those that leave at one end come back at the other.
    ///
    /// - Parameters:
    ///   - shift: negative moves towards the front.
    ///   - axis: the last by default.
    public func rolled(_ shift: Int, axis: Int = -1) -> Tensor {
        if isInvalid { return self }
        do throws(TensorError) {
            let axis = try type.shape.axis(axis, of: "rolled")
            let extent = type.shape[axis]
            let places = extent == 0 ? 0 : ((shift % extent) + extent) % extent
            if places == 0 { return self }
            return concatenate(
                [
                    sliced(axis: axis, start: extent - places, count: places),
                    sliced(axis: axis, start: 0, count: extent - places),
                ], axis: axis)
        } catch {
            return Tensor(invalid: error.located(among: [self]))
        }
    }
}
