import LeibnizCore

/// Some images of a set with their labels, as tensors.
public struct ImageBatch: Sendable {
    /// Bytes 0…255, [N, C, H, W] of uint8.
    public let images: Tensor
    /// The classes, [N] of uint8.
    public let labels: Tensor

    /// A batch of given images and labels, as many of the one as of the other.
    public init(images: Tensor, labels: Tensor) { (self.images, self.labels) = (images, labels) }
}

extension ImageBatch: TensorGroup {
    /// The images, then the labels.
    public var tensors: [Tensor] { [images, labels] }
    /// A batch of other images and labels.
    public func replacing(with tensors: inout ArraySlice<Tensor>) -> ImageBatch {
        ImageBatch(images: images.replacing(with: &tensors), labels: labels.replacing(with: &tensors))
    }
}

extension ImageSet {
    /// The images with the given numbers, in that order. Copies bytes, compiles nothing.
    public func batch(_ indices: some Collection<Int>) -> ImageBatch {
        let (pixels, classes) = (images(at: indices), labels(at: indices))
        return ImageBatch(
            images: pixels.withUnsafeBytes {
                Tensor(bytes: $0, shape: [indices.count, channels, height, width], .uint8)
            },
            labels: classes.withUnsafeBytes { Tensor(bytes: $0, shape: [indices.count], .uint8) })
    }
}

extension ImageBatch {
    /// The pixels as float32 in 0…1 with zeros around, so that images have `side` × `side` pixels.
    public func scaled(paddedTo side: Int? = nil) -> Tensor {
        let scaled = images.cast(to: .float32) / 255
        guard let side, images.rank == 4 else { return scaled }
        let (rows, columns) = (side - images.shape[2], side - images.shape[3])
        return scaled.padded([(rows / 2, rows - rows / 2), (columns / 2, columns - columns / 2)])
    }
}
