import LeibnizKernels

extension Tensor {
    /// The same elements in the same row-major order under another shape; one extent may be −1 and is then inferred.
    public func reshaped(to shape: Shape) -> Tensor {
        if isInvalid { return self }
        var extents = shape.extents
        let known = extents.filter { $0 != -1 }.reduce(1, *)
        if let hole = extents.firstIndex(of: -1), known > 0, type.shape.count % known == 0 {
            extents[hole] = type.shape.count / known
        }
        return extents == type.shape.extents ? self : Tensor(Reshape(to: Shape(extents)), [self])
    }

    /// Merges the axes from `first` through `last` into one.
    ///
    /// - Parameter first: 0 by default, so that a vector results.
    public func flattened(from first: Int = 0, through last: Int = -1) -> Tensor {
        guard !isInvalid else { return self }
        if rank == 0 { return reshaped(to: [1]) }
        do throws(TensorError) {
            let shape = type.shape
            let (first, last) = (try shape.axis(first, of: "flattened"), try shape.axis(last, of: "flattened"))
            guard first <= last else { throw TensorError("flattened", [shape], "axis \(first) is not before \(last)") }
            return reshaped(
                to: Shape(
                    shape.extents[..<first] + [shape.extents[first...last].reduce(1, *)] + shape.extents[(last + 1)...])
            )
        } catch {
            return Tensor(invalid: error.located(among: [self]))
        }
    }

    /// Inserts an axis of extent 1 so that it becomes number `axis` of the result.
    public func expanded(at axis: Int) -> Tensor {
        guard !isInvalid else { return self }
        let place = axis < 0 ? axis + rank + 1 : axis
        guard (0...rank).contains(place) else {
            return Tensor(
                invalid: TensorError("expanded", [type.shape], "axis \(axis) is not in 0…\(rank)").located(among: [self]
                ))
        }
        var extents = type.shape.extents
        extents.insert(1, at: place)
        return reshaped(to: Shape(extents))
    }

    /// Removes axes of extent 1: those named, or all.
    public func squeezed(_ axes: [Int]? = nil) -> Tensor {
        guard !isInvalid else { return self }
        do throws(TensorError) {
            let shape = type.shape
            let axes = try shape.normalized(axes ?? shape.extents.indices.filter { shape[$0] == 1 }, of: "squeezed")
            guard axes.allSatisfy({ shape[$0] == 1 }) else {
                throw TensorError("squeezed", [shape], "only axes of extent 1 can be removed")
            }
            return reshaped(to: shape.removing(axes))
        } catch {
            return Tensor(invalid: error.located(among: [self]))
        }
    }
}

/// The same elements under another shape. Adjoint: back again.
struct Reshape: ViewPrimitive {
    let to: Shape
    var name: String { "reshape" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        guard to.extents.allSatisfy({ $0 >= 0 }), to.count == operands[0].shape.count else {
            throw TensorError(name, operands.map(\.shape), "\(operands[0].shape.count) elements do not fill \(to)")
        }
        return TensorType(to, operands[0].elementType)
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        cotangent.reshaped(to: operands[0].type.shape)
    }

    func source(_ index: [Affine], operand: Shape, space: LoopSpace) throws(LoopSpace.SplitRequest) -> (
        index: [Affine], bounds: [Bound]
    ) {
        // Runs of axes with equal products on both sides are handled apart, so that equal axes pass unchanged.
        var (result, from, target) = ([Affine](), 0, 0)
        while from < operand.rank || target < to.rank {
            var (fromEnd, targetEnd) = (min(from + 1, operand.rank), min(target + 1, to.rank))
            func product(_ shape: Shape, _ range: Range<Int>) -> Int { range.reduce(1) { $0 * shape.extents[$1] } }
            while product(operand, from..<fromEnd) != product(to, target..<targetEnd) {
                if targetEnd == to.rank
                    || fromEnd < operand.rank && product(operand, from..<fromEnd) < product(to, target..<targetEnd)
                {
                    guard fromEnd < operand.rank else { break }
                    fromEnd += 1
                } else {
                    targetEnd += 1
                }
            }
            let targets = to.extents[target..<targetEnd]
            var (flat, stride) = (Affine(0), 1)
            for (extent, term) in zip(targets, index[target..<targetEnd]).reversed() {
                flat = flat + term * stride
                stride *= extent
            }
            result += try space.unravel(flat, Array(operand.extents[from..<fromEnd]))
            (from, target) = (fromEnd, targetEnd)
        }
        return (result, [])
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(Reshape(to: Shape([operands.count] + to.extents)), operands.tensors)
    }

    func latex(_ operands: [String]) -> String {
        to.rank == 0
            ? operands[0]
            : "\\operatorname{reshape}_{\(to.extents.map(String.init).joined(separator: " \\times "))}\\left(\(operands[0])\\right)"
    }
}
