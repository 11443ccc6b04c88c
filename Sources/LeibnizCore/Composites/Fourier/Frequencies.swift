import LeibnizKernels

/// The frequencies of `fft` in its order: 0, 1, …, then the negative ones, divided by n·spacing.
///
/// - Parameters:
///   - count: n ≥ 1.
///   - spacing: the distance of samples, 1 by default; in seconds, frequencies are in hertz.
///   - elementType: float32 by default.
public func fftFrequencies(_ count: Int, spacing: Double = 1, _ elementType: ElementType = .float32) -> Tensor {
    frequencies("fftFrequencies", count, spacing, elementType) { (0..<count).map { 2 * $0 < count ? $0 : $0 - count } }
}

/// The frequencies of `rfft`: 0, 1, …, n/2, divided by n·spacing.
///
/// - Parameters:
///   - count: n ≥ 1.
///   - spacing: the distance of samples, 1 by default.
///   - elementType: float32 by default.
public func rfftFrequencies(_ count: Int, spacing: Double = 1, _ elementType: ElementType = .float32) -> Tensor {
    frequencies("rfftFrequencies", count, spacing, elementType) { Array(0...count / 2) }
}

private func frequencies(
    _ name: String, _ count: Int, _ spacing: Double, _ type: ElementType, _ numbers: () -> [Int]
) -> Tensor {
    guard count > 0, spacing != 0 else {
        let error = TensorError(
            name, [], "\(count) samples at a distance of \(spacing) have no frequencies", kind: .value)
        return Tensor(invalid: error.located())
    }
    return Tensor(numbers().map { Double($0) / (Double(count) * spacing) }, shape: nil, type)
}

/// The elements moved around so that frequency 0 comes to the middle, place n/2 of each axis.
///
/// - Parameter axes: all by default.
public func fftShift(_ x: Tensor, axes: [Int]? = nil) -> Tensor { shifted(x, axes) { $0 / 2 } }

/// The inverse of `fftShift`.
///
/// - Parameter axes: all by default.
public func ifftShift(_ x: Tensor, axes: [Int]? = nil) -> Tensor { shifted(x, axes) { -($0 / 2) } }

private func shifted(_ x: Tensor, _ axes: [Int]?, _ places: (Int) -> Int) -> Tensor {
    if x.isInvalid { return x }
    let shape = x.type.shape
    return (axes ?? Array(0..<shape.rank)).reduce(x) { $0.rolled(places(shape[$1]), axis: $1) }
}

/// The full convolution of two signals along an axis, by Fourier transforms: y[i] = Σ_j a[j]·b[i − j].
///
/// For long kernels: n log n where `convolution` costs the product of both lengths. Other axes broadcast.
///
/// - Parameters:
///   - a: [… n …].
///   - b: [… m …].
///   - axis: counted from the last if negative; the last by default.
/// - Returns: [… n + m − 1 …].
public func fftConvolution(_ a: Tensor, _ b: Tensor, axis: Int = -1) -> Tensor {
    if let invalid = [a, b].first(where: \.isInvalid) { return invalid }
    do throws(TensorError) {
        let places = (
            try a.type.shape.axis(axis, of: "fftConvolution"), try b.type.shape.axis(axis, of: "fftConvolution")
        )
        let count = a.type.shape[places.0] + b.type.shape[places.1] - 1
        let length = FourierTransform.smoothLength(count)
        let product = rfft(a, axis: axis, count: length) * rfft(b, axis: axis, count: length)
        let result = irfft(product, axis: axis, count: length)
        return result.isInvalid
            ? result
            : result.sliced(axis: try result.type.shape.axis(axis, of: "fftConvolution"), start: 0, count: count)
    } catch {
        return Tensor(invalid: error.located(among: [a, b]))
    }
}
