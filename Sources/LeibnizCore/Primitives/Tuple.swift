import LeibnizKernels

/// An operation with several results, such as a loop. Its node has no value; the `Part`s of it are tensors.
///
/// What transformations make of such a node is a tuple, too: its tangents, its cotangents, its Taylor coefficients, its batches.
protocol TuplePrimitive: Primitive {
    /// The types of all results.
    func results(of operands: [TensorType]) throws(TensorError) -> [TensorType]
}

extension TuplePrimitive {
    /// The type of the node itself stands for nothing.
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        _ = try results(of: operands)
        return TensorType([], .float32)
    }
}

/// Several tensors as one, some of which may be absent, that is zero.
struct Tuple: TuplePrimitive {
    /// For each part the operand that it is.
    let places: [Int?]
    var name: String { "tuple" }

    func results(of operands: [TensorType]) throws(TensorError) -> [TensorType] {
        places.compactMap { $0.map { operands[$0] } }
    }

    /// A tuple of tensors; `nil` where there is none at all.
    static func of(_ parts: [Tensor?]) -> Tensor? {
        let present = parts.compactMap(\.self)
        if present.isEmpty { return nil }
        if let invalid = present.first(where: \.isInvalid) { return invalid }
        var next = 0
        let places = parts.map { part -> Int? in
            guard part != nil else { return nil }
            defer { next += 1 }
            return next
        }
        return Tensor(Tuple(places: places), present)
    }

    /// The parts of a tuple.
    static func parts(of tuple: Tensor) -> [Tensor?] {
        guard let primitive = tuple.node.primitive as? Tuple else { return [] }
        let operands = tuple.node.operands
        return primitive.places.map { $0.map { Tensor(operands[$0]) } }
    }

    /// The sum of two tuples, part by part.
    static func sum(_ a: Tensor, _ b: Tensor) -> Tensor {
        of(zip(parts(of: a), parts(of: b)).map { Tensor.sum($0, $1) }) ?? a
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        Tuple.of(places.map { $0.flatMap { tangents[$0] } })
    }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        let parts = Tuple.parts(of: cotangent)
        return operands.indices.map { operand in places.firstIndex(of: operand).flatMap { parts[$0] } }
    }

    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(self, operands.all) }

    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        Tuple.of(places.map { $0.flatMap { series.x($0, k) } })
    }

    func latex(_ operands: [String]) -> String { "\\left(\(operands.joined(separator: ", "))\\right)" }
}

/// One result of an operation that has several. Linear; adjoint: the tuple in which all others are zero.
struct Part: Primitive {
    let place: Int
    /// How many results there are.
    let count: Int
    let type: TensorType
    var name: String { "part" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { type }

    /// A result of an operation; `nil` where a tuple lacks it.
    static func of(_ tuple: Tensor, _ place: Int, _ types: [TensorType]) -> Tensor? {
        if tuple.isInvalid { return tuple }
        if tuple.node.primitive is Tuple { return Tuple.parts(of: tuple)[place] }
        return Tensor(Part(place: place, count: types.count, type: types[place]), [tuple])
    }

    /// All results of an operation.
    static func all(of tuple: Tensor, _ types: [TensorType]) -> [Tensor] {
        types.indices.map { of(tuple, $0, types) ?? tuple }
    }

    private func part(of tuple: Tensor?) -> Tensor? {
        guard let tuple else { return nil }
        return tuple.isInvalid ? tuple : Tuple.parts(of: tuple)[place]
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? { part(of: tangents[0]) }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        [Tuple.of((0..<count).map { $0 == place ? cotangent : nil })]
    }

    func batched(_ operands: BatchedOperands) -> Tensor { part(of: operands.tensors[0]) ?? operands.tensors[0] }

    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { part(of: series.x(0, k)) }

    func latex(_ operands: [String]) -> String { "{\(operands[0])}_{\(place + 1)}" }
}
