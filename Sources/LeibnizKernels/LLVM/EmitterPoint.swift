/// Where on one axis code stands: `base` + `constant`, or that plus the number of the lane.
struct Coordinate: Hashable {
    /// A register of type i64, if the index is not known.
    var base: Operand?
    /// What is known of the index.
    var constant = 0
    /// Whether lanes run along this axis.
    var isVector = false
    /// Which of the copies along this axis in a register tile it is, and how many there are.
    var copy = 0
    var copies = 1
}

/// The point of all axes that a stretch of code computes, in one or several lanes.
struct Point {
    /// A coordinate per axis of the nest; those of axes that do not enclose the code are never looked at.
    var coordinates: [Coordinate]
    /// The number of lanes of what varies along the vector axis.
    var lanes = 1
    /// How many of the lanes, the first ones, stand for points; the others compute something unused.
    var active = 1
    /// Which iterations the lanes stand for.
    var order = LaneOrder.ascending
    /// The results of reductions that code here can use.
    var reduced: [Int: Operand] = [:]
    /// Their accumulators: the result, or the best value and its position.
    var accumulators: [Int: [Operand]] = [:]

    /// The same point with one coordinate set.
    func at(_ axis: Int, _ coordinate: Coordinate) -> Point {
        var point = self
        point.coordinates[axis] = coordinate
        return point
    }
}

/// An affine function at a point: `base` + `constant` + `laneStride`·lane.
struct AffineValue {
    var base: Operand
    var constant: Int
    var laneStride: Int
}

extension FunctionBuilder {
    /// The terms of an affine function that need a register, the outermost first, and the rest.
    func terms(of affine: Affine, at point: Point) -> (
        parts: [(stride: Int, base: Operand)], constant: Int, laneStride: Int
    ) {
        var parts: [(stride: Int, base: Operand)] = []
        var (constant, laneStride) = (affine.offset, 0)
        for term in affine.terms {
            let coordinate = point.coordinates[term.axis]
            constant += coordinate.constant * term.stride
            if coordinate.isVector { laneStride += term.stride }
            if let base = coordinate.base { parts.append((term.stride, base)) }
        }
        parts.sort { $0.base.level < $1.base.level }
        return (parts, constant, laneStride)
    }

    /// An affine function at a point, its outer part computed in the outer loops.
    func value(of affine: Affine, at point: Point) -> AffineValue {
        let (parts, constant, laneStride) = terms(of: affine, at: point)
        var sum = Operand.integer(0)
        for (stride, base) in parts { sum = iadd(sum, imul(base, .integer(Int64(stride)))) }
        return AffineValue(base: sum, constant: constant, laneStride: laneStride)
    }

    /// An affine function as i64; a vector where it varies along the lanes.
    func integer(_ affine: Affine, at point: Point) -> Operand {
        let value = value(of: affine, at: point)
        let first = iadd(value.base, .integer(Int64(value.constant)))
        if value.laneStride == 0 || point.lanes == 1 { return first }
        return binary(
            "add", splat(first, lanes: point.lanes), ramp(value.laneStride, lanes: point.lanes, in: point.order))
    }

    /// The address of element `affine` of the memory at `base`, for the first lane.
    ///
    /// The constant part comes last, so that neighbouring accesses share all but a displacement.
    func address(_ base: Operand, _ scalar: IRScalar, _ affine: Affine, at point: Point) -> Operand {
        let (root, displacement) = root(base, scalar, affine, at: point)
        return offset(root, scalar, by: .integer(Int64(displacement)))
    }

    /// That address without its constant part, and that part, in elements.
    func root(_ base: Operand, _ scalar: IRScalar, _ affine: Affine, at point: Point) -> (Operand, displacement: Int) {
        let (parts, constant, _) = terms(of: affine, at: point)
        var pointer = base
        for (stride, index) in parts {
            pointer = offset(pointer, scalar, by: imul(index, .integer(Int64(stride))))
        }
        return (pointer, constant)
    }

    /// The address `count` elements after `pointer`.
    func offset(_ pointer: Operand, _ scalar: IRScalar, by count: Operand) -> Operand {
        if count.integerValue == 0 { return pointer }
        return pure(
            "getelementptr \(scalar.rawValue), \(pointer.typed), \(count.typed)", IRType(.ptr), [pointer, count])
    }

    /// Whether a bound holds, tested only as far as the walked parts of the axes leave it open: i1, or a vector of them.
    func test(_ bound: Bound, at point: Point, walked: [Range<Int>]) -> Operand {
        if bound.extent <= 0 { return .bool(false) }
        let value = value(of: bound.index, at: point)
        var (low, high) = (value.constant, value.constant)
        for term in bound.index.terms {
            let coordinate = point.coordinates[term.axis]
            // With a register the index is anywhere on the walked part, also with its constant part.
            var reach = coordinate.base == nil ? 0 : walked[term.axis].count - 1
            if coordinate.base != nil {
                let start = term.stride * (walked[term.axis].lowerBound - coordinate.constant)
                low += start
                high += start
            } else if coordinate.isVector {
                reach = point.active - 1
            }
            if term.stride < 0 { low += reach * term.stride } else { high += reach * term.stride }
        }
        if low >= 0, high < bound.extent { return .bool(true) }
        if high < 0 || low >= bound.extent { return .bool(false) }
        let first = iadd(value.base, .integer(Int64(value.constant)))
        if value.laneStride == 0 || point.lanes == 1 { return compare("ult", first, .integer(Int64(bound.extent))) }
        // Narrow lanes where the numbers fit: four bytes a lane keep masks as wide as float32 vectors.
        let isNarrow = low > -(1 << 30) && high < 1 << 30 && bound.extent < 1 << 30
        let scalar = isNarrow ? IRScalar.i32 : .i64
        let start = splat(cast("trunc", first, to: scalar), lanes: point.lanes)
        let all = binary("add", start, ramp(value.laneStride, lanes: point.lanes, scalar, in: point.order))
        return compare("ult", all, .integer(Int64(bound.extent), scalar))
    }

    /// Whether a bound holds for any lane, where it varies along them: i1.
    func testAny(_ bound: Bound, at point: Point) -> Operand {
        let value = value(of: bound.index, at: point)
        let reach = value.laneStride * (point.active - 1)
        let last = iadd(value.base, .integer(Int64(value.constant + max(0, reach))))
        return compare("ult", last, .integer(Int64(bound.extent + abs(reach))))
    }

    /// Whether a bound holds at neighbouring indices instead of at the lanes': those from `start` after the first lane's.
    func test(_ bound: Bound, at point: Point, lanes: Int, from start: Int) -> Operand {
        let value = value(of: bound.index, at: point)
        let first = splat(iadd(value.base, .integer(Int64(value.constant + start))), lanes: lanes)
        return compare("ult", binary("add", first, ramp(1, lanes: lanes)), .integer(Int64(bound.extent)))
    }
}
