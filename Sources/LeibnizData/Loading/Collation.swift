import LeibnizCore

/// Makes tensors of samples.
public enum Collation {
    /// Sequences side by side, filled up at their ends to the length of the longest.
    public struct Padded: Sendable {
        /// The sequences, `[N, longest]`.
        public let values: Tensor
        /// How long each was, int64 `[N]`.
        public let lengths: Tensor
        /// Where values are data, bool `[N, longest]`.
        public let mask: Tensor
    }

    /// Sequences of different lengths as one tensor.
    ///
    /// - Parameter filler: what stands after the end of shorter ones.
    public static func padded<Element: TensorElement & TensorConvertible>(
        _ sequences: [[Element]], with filler: Element
    ) -> Padded where Element.Scalar == Element {
        let longest = sequences.map(\.count).max() ?? 0
        let shape: Shape = [sequences.count, longest]
        let values = sequences.flatMap { $0 + [Element](repeating: filler, count: longest - $0.count) }
        let mask = sequences.flatMap { sequence in (0..<longest).map { $0 < sequence.count } }
        return Padded(
            values: values.withUnsafeBytes { Tensor(bytes: $0, shape: shape, Element.elementType) },
            lengths: Tensor(sequences.map(\.count), shape: [sequences.count]), mask: Tensor(mask, shape: shape))
    }

    /// Pictures of one size as float32 `[N, C, H, W]`.
    ///
    /// - Throws: an error of kind `inconsistent` that names the first picture of another size.
    public static func stacked(_ pictures: [Picture]) throws(DataError) -> Tensor {
        guard let first = pictures.first else { return Tensor([Float](), shape: [0, 0, 0, 0]) }
        if let place = pictures.firstIndex(where: { $0.size != first.size }) {
            throw DataError(
                .inconsistent, "the pictures of a batch differ in size", in: "picture \(place) of the batch",
                found: "\(pictures[place].size)", expected: "\(first.size), as the first one")
        }
        let pixels = [Float](unsafeUninitializedCapacity: pictures.count * first.pixels.count) { target, initialized in
            for picture in pictures { initialized = target[initialized...].initialize(fromContentsOf: picture.pixels) }
        }
        return Tensor(pixels, shape: [pictures.count, first.channels, first.height, first.width])
    }
}
