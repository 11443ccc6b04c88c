import LeibnizKernels

/// Which direction of a Fourier transform of n numbers is divided by n.
public enum FourierNormalization: String, Hashable, Sendable, CaseIterable {
    /// The inverse is divided by n. The default, as everywhere.
    case backward
    /// Both are divided by √n, so that lengths are kept.
    case ortho
    /// The forward transform is divided by n.
    case forward

    /// The factor of one direction.
    fileprivate func factor(_ count: Int, isForward: Bool) -> Tensor? {
        switch self {
        case .ortho: Tensor(weak: 1 / Double(count).squareRoot())
        case .backward: isForward ? nil : Tensor(weak: 1 / Double(count))
        case .forward: isForward ? Tensor(weak: 1 / Double(count)) : nil
        }
    }
}

/// The discrete Fourier transform along an axis: X_k = Σ_j x_j·e^{−2πi·jk/n}.
///
/// Any length. Linear: the derivative along v is the transform of v. Error about 1e-15·√(log n) of the norm in float64, 1e-7 in
/// float32. How it is computed stands with `FourierTransform`.
///
/// ```swift
/// let spectrum = fft(ComplexTensor([1, 0, 0, 0]))           // 1, 1, 1, 1
/// ```
///
/// - Parameters:
///   - axis: the last by default.
///   - count: n, to which the axis is cut or filled up with zeros; its extent by default.
/// - Returns: invalid tensors for an axis of extent 0.
public func fft(
    _ x: ComplexTensor, axis: Int = -1, count: Int? = nil, normalization: FourierNormalization = .backward
) -> ComplexTensor {
    Fourier("fft", [axis], [count], normalization).complex(x, sign: -1)
}

/// The inverse discrete Fourier transform along an axis: x_j = (1/n)·Σ_k X_k·e^{2πi·jk/n}.
///
/// - Parameters:
///   - axis: the last by default.
///   - count: n, to which the axis is cut or filled up with zeros; its extent by default.
public func ifft(
    _ x: ComplexTensor, axis: Int = -1, count: Int? = nil, normalization: FourierNormalization = .backward
) -> ComplexTensor {
    Fourier("ifft", [axis], [count], normalization).complex(x, sign: 1)
}

/// The discrete Fourier transform of real numbers along an axis: X_k for k = 0 … n/2; the others are their conjugates,
/// X_{n−k} = X̄_k.
///
/// - Parameters:
///   - x: [… n …].
///   - axis: the last by default.
///   - count: n, to which the axis is cut or filled up with zeros; its extent by default.
/// - Returns: [… n/2 + 1 …].
public func rfft(
    _ x: Tensor, axis: Int = -1, count: Int? = nil, normalization: FourierNormalization = .backward
) -> ComplexTensor {
    Fourier("rfft", [axis], [count], normalization).spectrum(x)
}

/// `rfft` of numbers that are multiplied by weights first, [n], in the order in which the transform wants them.
package func rfft(
    _ x: Tensor, weights: Tensor, axis: Int, normalization: FourierNormalization
) -> ComplexTensor {
    Fourier("rfft", [axis], [nil], normalization).spectrum(x, weights: weights)
}

/// The real numbers of which these are the frequencies 0 … n/2: the inverse of `rfft`.
///
/// The imaginary parts of frequency 0, and of n/2 for an even n, have no influence.
///
/// - Parameters:
///   - x: [… n/2 + 1 …]; another extent is cut or filled up with zeros.
///   - axis: the last by default.
///   - count: n; 2·(extent − 1) by default, which is even.
/// - Returns: [… n …].
public func irfft(
    _ x: ComplexTensor, axis: Int = -1, count: Int? = nil, normalization: FourierNormalization = .backward
) -> Tensor {
    Fourier("irfft", [axis], [count], normalization).signal(x)
}

/// The discrete Fourier transform along two axes.
///
/// - Parameter axes: two or more; the last two by default.
public func fft2(
    _ x: ComplexTensor, axes: [Int] = [-2, -1], normalization: FourierNormalization = .backward
) -> ComplexTensor {
    Fourier("fft2", axes, axes.map { _ in nil }, normalization).complex(x, sign: -1)
}

/// The inverse discrete Fourier transform along two axes.
///
/// - Parameter axes: two or more; the last two by default.
public func ifft2(
    _ x: ComplexTensor, axes: [Int] = [-2, -1], normalization: FourierNormalization = .backward
) -> ComplexTensor {
    Fourier("ifft2", axes, axes.map { _ in nil }, normalization).complex(x, sign: 1)
}

/// The discrete Fourier transform of real numbers along two axes: all frequencies along the first, 0 … n/2 along the last.
///
/// - Parameter axes: two or more; the last two by default.
/// - Returns: [… m …, n/2 + 1] of [… m …, n].
public func rfft2(
    _ x: Tensor, axes: [Int] = [-2, -1], normalization: FourierNormalization = .backward
) -> ComplexTensor {
    Fourier("rfft2", axes, axes.map { _ in nil }, normalization).spectrum(x)
}

/// The inverse of `rfft2`.
///
/// - Parameters:
///   - axes: two or more; the last two by default.
///   - count: n, the extent of the result's last axis; 2·(extent − 1) by default.
public func irfft2(
    _ x: ComplexTensor, axes: [Int] = [-2, -1], count: Int? = nil, normalization: FourierNormalization = .backward
) -> Tensor {
    Fourier("irfft2", axes, axes.dropLast().map { _ in nil } + [count], normalization).signal(x)
}

/// One call of a transform.
private struct Fourier {
    let name: String
    let axes: [Int]
    let counts: [Int?]
    let normalization: FourierNormalization

    init(_ name: String, _ axes: [Int], _ counts: [Int?], _ normalization: FourierNormalization) {
        (self.name, self.axes, self.counts, self.normalization) = (name, axes, counts, normalization)
    }

    func complex(_ x: ComplexTensor, sign: Int) -> ComplexTensor {
        attempt(x.tensors) { (axes: [Int]) throws(TensorError) in
            let resized = zip(axes, counts).reduce(x) { z, each in
                each.1.map { n in z.mapped { $0.resized(axis: each.0, to: n) } } ?? z
            }
            let lengths = try lengths(resized.real, axes)
            let result = axes.reduce(resized) { along($1, $0, sign: sign) }
            return scaled(result, lengths, isForward: sign < 0)
        }
    }

    func spectrum(_ x: Tensor, weights: Tensor? = nil) -> ComplexTensor {
        attempt([x] + (weights.map { [$0] } ?? [])) { (axes: [Int]) throws(TensorError) in
            let last = axes[axes.count - 1]
            var real = x.cast(to: Promotion.real(x.elementType))
            if let count = counts.last ?? nil { real = real.resized(axis: last, to: count) }
            let lengths = try lengths(real, axes)
            let half = FourierTransform.spectrum(real.reshaped(to: real.type.shape.block(last)), weights: weights)
                .reshaped(to: real.type.shape.replacing(last, with: real.type.shape[last] / 2 + 1))
            let result = axes.dropLast().reduce(half) { along($1, $0, sign: -1) }
            return scaled(result, lengths, isForward: true)
        }
    }

    func signal(_ z: ComplexTensor) -> Tensor {
        attempt(z.tensors) { (axes: [Int]) throws(TensorError) in
            let last = axes[axes.count - 1]
            let count = (counts.last ?? nil) ?? 2 * (z.real.type.shape[last] - 1)
            guard count > 0 else { throw empty(z.real.type.shape, "a transform back to \(count) numbers") }
            let half = z.mapped { $0.resized(axis: last, to: count / 2 + 1) }
            let lengths = try lengths(half.real, Array(axes.dropLast())) + [count]
            let columns = axes.dropLast().reduce(half) { along($1, $0, sign: 1) }
            let real = FourierTransform.signal(columns.reshaped(to: columns.shape.block(last)), count)
                .reshaped(to: columns.shape.replacing(last, with: count))
            return scaled(ComplexTensor(real), lengths, isForward: false)
        }.real
    }

    /// The transform along one axis.
    private func along(_ axis: Int, _ z: ComplexTensor, sign: Int) -> ComplexTensor {
        FourierTransform.complex(z.reshaped(to: z.shape.block(axis)), sign: sign).reshaped(to: z.shape)
    }

    private func scaled(_ z: ComplexTensor, _ lengths: [Int], isForward: Bool) -> ComplexTensor {
        normalization.factor(lengths.reduce(1, *), isForward: isForward).map { z * $0 } ?? z
    }

    /// The extents that are transformed, none of them 0.
    private func lengths(_ x: Tensor, _ axes: [Int]) throws(TensorError) -> [Int] {
        if let error = x.error { throw error }
        let lengths = axes.map { x.type.shape[$0] }
        guard !lengths.contains(0) else { throw empty(x.type.shape, "a transform of no numbers") }
        return lengths
    }

    private func empty(_ shape: Shape, _ what: String) -> TensorError {
        TensorError(name, [shape], "\(what) is not defined", kind: .value, hint: "count fills up with zeros")
    }

    private func attempt(
        _ operands: [Tensor], _ body: ([Int]) throws(TensorError) -> ComplexTensor
    ) -> ComplexTensor {
        func refused(_ tensor: Tensor) -> ComplexTensor { ComplexTensor(real: tensor, imaginary: tensor) }
        if let invalid = operands.first(where: \.isInvalid) { return refused(invalid) }
        do throws(TensorError) {
            let shape = operands[0].type.shape
            guard !axes.isEmpty else { throw TensorError(name, [shape], "no axis is named") }
            return try body(try shape.normalized(axes, of: name))
        } catch {
            return refused(Tensor(invalid: error.located(among: operands)))
        }
    }
}

extension Tensor {
    /// An axis cut, or filled up with zeros, to an extent.
    func resized(axis: Int, to extent: Int) -> Tensor {
        if isInvalid { return self }
        let own = type.shape[axis]
        return own >= extent
            ? sliced(axis: axis, start: 0, count: extent) : padded(axis: axis, before: 0, after: extent - own)
    }
}

extension Shape {
    /// The shape seen as [before, axis, after].
    fileprivate func block(_ axis: Int) -> Shape {
        [extents[..<axis].reduce(1, *), extents[axis], extents[(axis + 1)...].reduce(1, *)]
    }
}
