import LeibnizKernels

extension Tensor {
    /// The index along `axis` of each element, as int64.
    public static func iota(_ shape: Shape, axis: Int) -> Tensor {
        do {
            return Tensor(Iota(shape: shape, axis: try shape.axis(axis, of: "iota")), [])
        } catch {
            return Tensor(invalid: error)
        }
    }
}

/// Counting along an axis.
struct Iota: LeafPrimitive, GeneratorPrimitive {
    let shape: Shape
    let axis: Int
    var name: String { "iota" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { TensorType(shape, .int64) }
    func lowered(at index: [Affine], operands: [Scalar], builder: NestBuilder) -> Scalar {
        builder.add(.index(index[axis]), .int64)
    }
    func latex(_ operands: [String]) -> String { "i_{\(axis)}" }
}
