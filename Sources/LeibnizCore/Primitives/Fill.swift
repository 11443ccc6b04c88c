import LeibnizKernels

extension Tensor {
    /// A tensor in which every element is `number`.
    ///
    /// - Parameters:
    ///   - elementType: float32 by default.
    public static func full(_ shape: Shape, _ number: Double, _ elementType: ElementType = .float32) -> Tensor {
        Tensor(Fill(number: number, type: TensorType(shape, elementType)), [])
    }

    /// A tensor of zeros, float32 by default.
    public static func zeros(_ shape: Shape, _ elementType: ElementType = .float32) -> Tensor {
        full(shape, 0, elementType)
    }
    /// A tensor of ones, float32 by default.
    public static func ones(_ shape: Shape, _ elementType: ElementType = .float32) -> Tensor {
        full(shape, 1, elementType)
    }

    /// A tensor of this one's shape and type in which every element is `number`.
    public func filled(_ number: Double) -> Tensor { isInvalid ? self : .full(node.type.shape, number, elementType) }

    /// A number that takes the type of the first tensor it meets; float32 until then.
    init(weak number: Double, _ type: ElementType = .float32) {
        self.init(Fill(number: number, type: TensorType([], type)), [], isWeak: true)
    }

    /// The number in every element, if that is known without evaluation.
    var uniformNumber: Double? { (node.primitive as? Fill)?.number }
}

/// A constant: part of the kernel's code, not of its data.
struct Fill: LeafPrimitive, GeneratorPrimitive {
    let number: Double
    let type: TensorType
    var name: String { "fill" }

    // NaN must find itself again among the plans.
    static func == (a: Fill, b: Fill) -> Bool { a.number.bitPattern == b.number.bitPattern && a.type == b.type }
    func hash(into hasher: inout Hasher) {
        hasher.combine(number.bitPattern)
        hasher.combine(type)
    }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { type }
    func lowered(at index: [Affine], operands: [Scalar], builder: NestBuilder) -> Scalar {
        builder.constant(number, type.elementType)
    }
    func latex(_ operands: [String]) -> String {
        Int(exactly: number).map(String.init) ?? String(number)
    }
}
