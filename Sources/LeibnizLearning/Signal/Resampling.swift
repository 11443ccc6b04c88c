import Foundation
import LeibnizCore

/// A signal at another sample rate: samples in between by a windowed sine cardinal, without what would be mirrored into the range.
///
/// y[i] = Σⱼ x[j] h[i·down − j·up], where h is the ideal low-pass filter at the lower of both Nyquist rates under a Kaiser window
/// (β = 5) of ten zero crossings on each side, scaled to keep constants. Computed as one matrix product with a filter for each of
/// `up` phases. Linear; outside of the signal are zeros.
///
/// - Parameters:
///   - signal: real, `[…, samples]`.
///   - from, to: the sample rates, at least 1; only their ratio counts.
/// - Returns: `[…, ⌈samples · to / from⌉]`.
public func resampled(_ signal: Tensor, from: Int, to: Int) -> Tensor {
    if signal.isInvalid { return signal }
    guard from >= 1, to >= 1, signal.rank >= 1, signal.elementType.isFloatingPoint else {
        return .refused(
            "resampled", [signal], "a signal is real numbers […, samples], rates are at least 1, not \(from) and \(to)")
    }
    let divisor = greatestCommonDivisor(from, to)
    let (up, down) = (to / divisor, from / divisor)
    let count = signal.shape[-1]
    if up == down || count == 0 { return signal }
    let half = 10 * max(up, down)
    let filter = lowPass(half: half, cutoff: 1 / Double(max(up, down))).map { $0 * Double(up) }
    // Sample q·up + p of the result sees samples q·down + first … q·down + last.
    let first = -(half / up)
    let last = ((up - 1) * down + half) / up
    let width = last - first + 1
    let kernel = (0..<width).flatMap { k in
        (0..<up).map { phase in
            let place = phase * down - (k + first) * up + half
            return filter.indices.contains(place) ? filter[place] : 0
        }
    }
    let resultCount = (count * up + down - 1) / down
    let frames = (resultCount + up - 1) / up
    let after = max(0, (frames - 1) * down + width - count + first)
    let padded = signal.padded(axis: -1, before: -first, after: after)
    let seen = padded.windows(axis: padded.rank - 1, size: width, stride: down)
        .sliced(axis: -2, start: 0, count: frames)
    let phases = matmul(seen, Tensor(kernel, shape: [width, up], signal.elementType))
    return phases.reshaped(to: Shape(signal.shape.dropLast() + [frames * up]))
        .sliced(axis: -1, start: 0, count: resultCount)
}

/// The ideal low-pass filter, cutoff·sinc(cutoff·m) for m = −half … half, under a Kaiser window and with the sum 1.
private func lowPass(half: Int, cutoff: Double) -> [Double] {
    let window = SignalWindow.kaiser(beta: 5).weights(2 * half + 1, periodic: false)
    let weights = window.enumerated().map { place, weight in
        let x = .pi * cutoff * Double(place - half)
        return weight * (x == 0 ? 1 : sin(x) / x)
    }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
