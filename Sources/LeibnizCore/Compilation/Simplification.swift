import LeibnizKernels

extension Program {
    /// The number of something simpler that computes the same, if there is.
    ///
    /// Only identities that hold for infinities, NaN and the sign of results other than zero are used.
    mutating func simplified(_ primitive: any Primitive, _ operands: [Int], _ type: TensorType) -> Int? {
        switch primitive {
        case is any IdentityPrimitive: return operands[0]
        case let part as Part:
            return (self[operands[0]].primitive as? Tuple)?.places[part.place].map { self[operands[0]].operands[$0] }
        case is Add:
            if number(operands[0]) == 0 { return operands[1] }
            if number(operands[1]) == 0 { return operands[0] }
            return folded(operands, type) { $0 + $1 }
        case is Subtract:
            if number(operands[1]) == 0 { return operands[0] }
            return folded(operands, type) { $0 - $1 } ?? scattered(from: operands[0], operands[1], type)
        case is Multiply:
            for (one, other) in [(0, 1), (1, 0)] {
                if number(operands[one]) == 1 { return operands[other] }
                if number(operands[one]) == -1 { return add(Negate(), [operands[other]], type) }
            }
            return folded(operands, type) { $0 * $1 }
        case is Divide:
            return number(operands[1]) == 1 ? operands[0] : folded(operands, type) { $0 / $1 }
        case is Negate:
            if self[operands[0]].primitive is Negate { return self[operands[0]].operands[0] }
            return number(operands[0]).map { fill(-$0, type) }
        case is Select:
            if operands[1] == operands[2] { return operands[1] }
            return number(operands[0]).map { $0 != 0 ? operands[1] : operands[2] }
        case let cast as Cast:
            if self[operands[0]].type.elementType == cast.to { return operands[0] }
            return cast.to.isFloatingPoint ? number(operands[0]).map { fill($0, type) } : nil
        case let take as TakeAlong: return simplifiedGather(take, operands, type)
        case is any ViewPrimitive: return simplifiedView(primitive, operands[0], type)
        case let reduce as Reduce:
            if reduce.axes.allSatisfy({ self[operands[0]].type.shape[$0] == 1 }) {
                return view(Reshape(to: type.shape), operands[0], type)
            }
            return reduce.operation == .sum ? simplifiedSum(reduce, operands[0], type) : nil
        default: return nil
        }
    }

    private mutating func simplifiedView(_ primitive: any Primitive, _ operand: Int, _ type: TensorType) -> Int? {
        let source = self[operand]
        switch primitive {
        case is Reshape, is Transpose, is Broadcast:
            if let number = number(operand) { return fill(number, type) }
        case is Slice:
            if let number = number(operand) { return fill(number, type) }
        default: break
        }
        switch primitive {
        case is Reshape:
            if source.type.shape == type.shape { return operand }
            if source.primitive is Reshape { return view(Reshape(to: type.shape), source.operands[0], type) }
        case let transpose as Transpose:
            if transpose.order == Array(0..<transpose.order.count) { return operand }
            if let inner = source.primitive as? Transpose {
                return add(Transpose(order: transpose.order.map { inner.order[$0] }), source.operands, type)
            }
            // Axes of extent 1 that move about move nothing.
            let moving = transpose.order.filter { source.type.shape.extents[$0] != 1 }
            if moving == moving.sorted() { return view(Reshape(to: type.shape), operand, type) }
        case is Broadcast:
            if source.type.shape == type.shape { return operand }
        default: break
        }
        return nil
    }

    private mutating func view(_ primitive: any Primitive, _ operand: Int, _ type: TensorType) -> Int {
        add(primitive, [operand], type)
    }

    /// The number in every element, if that is known.
    func number(_ instruction: Int) -> Double? { (self[instruction].primitive as? Fill)?.number }

    private mutating func fill(_ number: Double, _ type: TensorType) -> Int {
        append(Fill(number: number, type: type), [], type)
    }

    private mutating func folded(_ operands: [Int], _ type: TensorType, _ function: (Double, Double) -> Double) -> Int?
    {
        guard type.elementType.isFloatingPoint, let a = number(operands[0]), let b = number(operands[1]) else {
            return nil
        }
        if type.elementType == .float64 { return fill(function(a, b), type) }
        return fill(Double(Float(function(Double(Float(a)), Double(Float(b))))), type)
    }
}
