import LeibnizCore

/// A picture as transforms see it: real numbers, row after row, one plane per colour.
///
/// Invariant: `pixels.count` is `channels * height * width`.
public struct Picture: Sendable, Hashable {
    /// The number of planes: 1 for grey, 3 for red, green and blue.
    public let channels: Int
    /// The rows.
    public let height: Int
    /// The columns.
    public let width: Int
    /// The numbers `[channels, height, width]`, usually 0 … 1.
    public var pixels: [Float]

    /// Channels, rows, columns.
    public var size: [Int] { [channels, height, width] }

    /// A picture of given numbers.
    ///
    /// - Precondition: there are `channels * height * width` of them.
    public init(channels: Int, height: Int, width: Int, pixels: [Float]) {
        precondition(
            pixels.count == channels * height * width, "a picture has a number for every pixel of every channel")
        (self.channels, self.height, self.width, self.pixels) = (channels, height, width, pixels)
    }

    /// The picture of a tensor `[C, H, W]`: bytes are scaled to 0 … 1, real numbers taken as they are.
    ///
    /// ```swift
    /// let photograph = try Picture(JPEG.read("photo.jpg")), drawing = try Picture(PNGImage(contentsOf: "drawing.png").tensor)
    /// ```
    /// - Throws: an `argument` error for another shape; the error of evaluation.
    public init(_ tensor: Tensor) throws {
        guard tensor.rank == 3 else {
            throw DataError(
                .argument, "a tensor of \(tensor.shape) is no picture", in: "tensor", found: "\(tensor.shape)",
                expected: "[channels, height, width]")
        }
        let scale: Double = tensor.elementType == .uint8 ? 1 / 255 : 1
        self.init(
            channels: tensor.shape[0], height: tensor.shape[1], width: tensor.shape[2],
            pixels: try tensor.doubles().map { Float($0 * scale) })
    }

    /// A picture of numbers that follow from the place.
    init(channels: Int, height: Int, width: Int, _ value: (_ channel: Int, _ row: Int, _ column: Int) -> Float) {
        let pixels = [Float](unsafeUninitializedCapacity: channels * height * width) { target, initialized in
            var place = 0
            for channel in 0..<channels {
                for row in 0..<height {
                    for column in 0..<width {
                        target[place] = value(channel, row, column)
                        place += 1
                    }
                }
            }
            initialized = place
        }
        self.init(channels: channels, height: height, width: width, pixels: pixels)
    }

    /// The number at a place.
    ///
    /// - Precondition: the place is in the picture.
    public subscript(channel: Int, row: Int, column: Int) -> Float { pixels[(channel * height + row) * width + column] }

    /// The numbers as float32 `[C, H, W]`.
    public var tensor: Tensor { Tensor(pixels, shape: [channels, height, width]) }
}

extension ImageSet: Dataset {
    /// An image with its class.
    public struct Example: Sendable, Hashable {
        /// The image, 0 … 1.
        public var picture: Picture
        /// Its class.
        public var label: Int
    }

    /// The image of a number, scaled to 0 … 1, with its class.
    public func sample(at index: Int, random: inout SampleRandom) -> Example {
        let pixels = images.withUnsafeBufferPointer { bytes in
            [Float](unsafeUninitializedCapacity: imageByteCount) { target, initialized in
                let start = index * imageByteCount
                for place in 0..<imageByteCount { target[place] = Float(bytes[start + place]) * (1 / 255) }
                initialized = imageByteCount
            }
        }
        return Example(
            picture: Picture(channels: channels, height: height, width: width, pixels: pixels),
            label: Int(labels[index]))
    }
}
