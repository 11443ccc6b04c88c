import LeibnizKernels

/// A complex tensor as a pair of real ones of one shape and element type: z = x + iy.
///
/// All operations are made of real ones, so that derivatives, batches and series come with them. A derivative with respect to
/// z is the pair of those with respect to x and y.
///
/// ```swift
/// let z = ComplexTensor(real: [3, 0], imaginary: [4, 1])
/// z.magnitude                                            // [5, 1]
/// (z * z.conjugate).real                                 // [25, 1]
/// ```
public struct ComplexTensor: Sendable {
    /// x of x + iy.
    public let real: Tensor
    /// y of x + iy.
    public let imaginary: Tensor

    /// x + iy; the parts are broadcast to one shape and brought to one real element type.
    public init(real: Tensor, imaginary: Tensor) {
        let weakTypes = (real.node.isWeak, imaginary.node.isWeak)
        let type = Promotion.real(
            Promotion.common(real.elementType, weak: weakTypes.0, imaginary.elementType, weak: weakTypes.1))
        let (x, y) = (real.cast(to: type), imaginary.cast(to: type))
        if x.type.shape == y.type.shape, !x.isInvalid, !y.isInvalid {
            (self.real, self.imaginary) = (x, y)
            return
        }
        // The sums broadcast, and carry the error where that cannot be.
        self.real = Tensor.unified("complex", [x, y]) { $0[0] }
        self.imaginary = Tensor.unified("complex", [x, y]) { $0[1] }
    }

    /// A real tensor as a complex one.
    public init(_ real: Tensor) {
        let x = real.isInvalid ? real : real.cast(to: Promotion.real(real.elementType))
        (self.real, imaginary) = (x, x.filled(0))
    }

    /// r·e^{iφ}.
    ///
    /// - Parameter angle: φ in radians.
    public static func polar(magnitude: Tensor, angle: Tensor) -> ComplexTensor {
        ComplexTensor(real: magnitude * cos(angle), imaginary: magnitude * sin(angle))
    }

    /// The extents of the axes, of both parts.
    public var shape: Shape { real.shape }
    /// The type of both parts.
    public var elementType: ElementType { real.elementType }

    /// x − iy.
    public var conjugate: ComplexTensor { ComplexTensor(real: real, imaginary: -imaginary) }

    /// |z|² = x² + y².
    public var squaredMagnitude: Tensor { real * real + imaginary * imaginary }

    /// |z| = √(x² + y²), without overflow of the squares. The derivative at 0 is 0.
    public var magnitude: Tensor {
        let (peak, isZero) = scale
        let (x, y) = (real / peak, imaginary / peak)
        let total = which(isZero, 1, x * x + y * y)
        return which(isZero, 0, peak * sqrt(total))
    }

    /// The angle to the positive real axis in (−π, π], 0 at 0.
    public var angle: Tensor { atan2(imaginary, real) }

    /// A linear operation on real tensors, applied to both parts: `z.mapped { $0.reshaped(to: [2, 3]) }`.
    public func mapped(_ operation: (Tensor) -> Tensor) -> ComplexTensor {
        ComplexTensor(real: operation(real), imaginary: operation(imaginary))
    }

    /// The same elements under another shape; one extent may be −1 and is then inferred.
    public func reshaped(to shape: Shape) -> ComplexTensor { mapped { $0.reshaped(to: shape) } }

    /// The axes in another order.
    public func transposed(_ order: [Int]) -> ComplexTensor { mapped { $0.transposed(order) } }

    /// Elements and parts of axes, as of a real tensor.
    public subscript(_ indices: any TensorIndex...) -> ComplexTensor { mapped { $0.elements(indices) } }

    /// The greater of |x| and |y|, 1 where both are 0 or one is infinite, and where both are 0; no derivative passes.
    private var scale: (peak: Tensor, isZero: Tensor) {
        let peak = maximum(abs(real), abs(imaginary)).stopGradient()
        let isZero = peak == 0
        return (which(isZero, 1, which(isFinite(peak), peak, 1)), isZero)
    }
}

extension ComplexTensor {
    /// z + w.
    public static func + (z: ComplexTensor, w: ComplexTensor) -> ComplexTensor {
        ComplexTensor(real: z.real + w.real, imaginary: z.imaginary + w.imaginary)
    }
    /// z − w.
    public static func - (z: ComplexTensor, w: ComplexTensor) -> ComplexTensor {
        ComplexTensor(real: z.real - w.real, imaginary: z.imaginary - w.imaginary)
    }
    /// −z.
    public static prefix func - (z: ComplexTensor) -> ComplexTensor { z.mapped { -$0 } }

    /// (x + iy)(u + iv) = (xu − yv) + i(xv + yu).
    public static func * (z: ComplexTensor, w: ComplexTensor) -> ComplexTensor {
        ComplexTensor(
            real: z.real * w.real - z.imaginary * w.imaginary, imaginary: z.real * w.imaginary + z.imaginary * w.real)
    }

    /// z/w = z·w̄/|w|², w scaled by its greater part so that |w|² does not overflow.
    public static func / (z: ComplexTensor, w: ComplexTensor) -> ComplexTensor {
        let peak = w.scale.peak
        let unit = w / peak
        return z * unit.conjugate / (unit.squaredMagnitude * peak)
    }

    /// Both parts multiplied by a real factor.
    public static func * (z: ComplexTensor, factor: Tensor) -> ComplexTensor { z.mapped { $0 * factor } }
    /// Both parts multiplied by a real factor.
    public static func * (factor: Tensor, z: ComplexTensor) -> ComplexTensor { z * factor }
    /// Both parts divided by a real divisor.
    public static func / (z: ComplexTensor, divisor: Tensor) -> ComplexTensor { z.mapped { $0 / divisor } }
}

/// e^{x + iy} = eˣ(cos y + i sin y).
public func exp(_ z: ComplexTensor) -> ComplexTensor { .polar(magnitude: exp(z.real), angle: z.imaginary) }

extension ComplexTensor: TensorGroup {
    /// The real and the imaginary part.
    public var tensors: [Tensor] { [real, imaginary] }

    /// A complex tensor of the first two of the tensors.
    public func replacing(with tensors: inout ArraySlice<Tensor>) -> ComplexTensor {
        let (x, y) = (real.replacing(with: &tensors), imaginary.replacing(with: &tensors))
        return ComplexTensor(real: x, imaginary: y)
    }
}
