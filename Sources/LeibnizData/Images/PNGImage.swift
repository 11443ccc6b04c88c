import LeibnizCore

/// A picture of grey, grey with alpha, red–green–blue, or these with alpha, of 8 or 16 bits per sample, as PNG files hold it.
///
/// Samples of 8 bits are as the file has them where it is in sRGB or says nothing. Samples of 16 bits are linear in light, as
/// libpng's simplified interface has them, and with alpha they are already multiplied by it. Palettes and 1, 2 and 4 bits
/// are expanded to 8.
///
/// Invariants: there is at least one pixel; `samples.count` is `width * height * channels`.
public struct PNGImage: Sendable, Hashable {
    /// The bits of a sample.
    public enum Depth: Int, Sendable, Hashable, CaseIterable {
        /// 0 … 255.
        case eight = 8
        /// 0 … 65535.
        case sixteen = 16

        /// The greatest sample.
        public var peak: UInt16 { self == .eight ? 255 : 65535 }
    }

    /// The columns.
    public let width: Int
    /// The rows.
    public let height: Int
    /// 1 grey, 2 grey and alpha, 3 red, green and blue, 4 these and alpha.
    public let channels: Int
    /// The bits of a sample.
    public let depth: Depth
    /// The samples, row-major as [height, width, channels].
    public let samples: [UInt16]

    /// A picture of samples that are there already.
    ///
    /// - Throws: an `argument` error where the extents and the samples do not fit each other.
    public init(width: Int, height: Int, channels: Int, depth: Depth = .eight, samples: [UInt16]) throws(DataError) {
        guard (1...1_000_000).contains(width), (1...1_000_000).contains(height), (1...4).contains(channels),
            samples.count == width * height * channels, samples.allSatisfy({ $0 <= depth.peak })
        else {
            throw DataError(
                .argument, "samples do not make a picture", in: "samples",
                found: "\(samples.count) numbers for \(height)×\(width) pixels of \(channels) samples",
                expected: "1 to 4 samples of at most \(depth.peak) for each of up to a million rows and columns")
        }
        (self.width, self.height, self.channels, self.depth, self.samples) = (width, height, channels, depth, samples)
    }

    /// The samples in 0…1 as [channels, height, width], float32.
    public var tensor: Tensor {
        let pixels = Tensor(samples.map(Float.init), shape: [height, width, channels])
        return pixels.transposed([2, 0, 1]) / Double(depth.peak)
    }

    /// A picture of a tensor of [height, width] or [channels, height, width].
    ///
    /// Values are rounded to the nearest sample; those below 0 are 0, those above 1 the greatest. NaN is 0.
    ///
    /// - Throws: an `argument` error for another shape; the tensor's own error.
    public init(_ tensor: Tensor, depth: Depth = .eight) throws {
        let shape = tensor.shape
        let planes = shape.rank == 2 ? tensor.reshaped(to: Shape([1] + shape.extents)) : tensor
        let peak = Double(depth.peak)
        let values = try planes.rank == 3 ? planes.transposed([1, 2, 0]).doubles() : tensor.doubles()
        let samples = values.map { value in
            value.isNaN ? 0 : UInt16((Swift.min(Swift.max(value, 0), 1) * peak).rounded())
        }
        guard planes.rank == 3 else {
            throw DataError(
                .argument, "a tensor of \(shape) is no picture", in: "tensor", found: "\(shape)",
                expected: "[height, width] or [channels, height, width]")
        }
        try self.init(
            width: planes.shape[2], height: planes.shape[1], channels: planes.shape[0], depth: depth, samples: samples)
    }
}
