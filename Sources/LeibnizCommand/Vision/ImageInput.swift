import Foundation
import Leibniz

/// Images from a file that a user names, as the network takes them: grey, 28 × 28, bright clothes on a dark ground.
struct ImageInput {
    /// The images of one pass through the network.
    static let batchSize = 500
    private static let side = 28

    /// How many images there are.
    let count: Int
    /// Whether the file is of one image.
    let isSingle: Bool
    /// Grey from 0 to 1, [count, 28, 28].
    private let pixels: [Float]

    /// - Parameters:
    ///   - isInverted: whether bright and dark change places.
    ///   - limit: how many images of an IDX file are taken at most.
    init(path: String, isInverted: Bool, count limit: Int) throws {
        var pixels: [Float]
        if path.lowercased().hasSuffix(".png") {
            isSingle = true
            pixels = try Self.grey(PNGImage(contentsOf: path)).resized(height: Self.side, width: Self.side).pixels
        } else {
            isSingle = false
            let array = try IDXArray(from: GzipReader(path: path), expecting: .uint8, rank: 3)
            guard array.extents[1] == Self.side, array.extents[2] == Self.side else {
                throw DataError(
                    .unsupported, "the images have another size than those of the training", in: path,
                    found: "\(array.extents[1]) × \(array.extents[2]) pixels",
                    expected: "\(Self.side) × \(Self.side)")
            }
            pixels = array.bytes.prefix(limit * Self.side * Self.side).map { Float($0) / 255 }
        }
        if isInverted { pixels = pixels.map { 1 - $0 } }
        self.pixels = pixels
        count = pixels.count / (Self.side * Self.side)
    }

    /// Images from one on, as [N, 1, 28, 28].
    func batch(from start: Int) -> Tensor {
        let size = Self.side * Self.side, end = min(count, start + Self.batchSize)
        return Tensor(Array(pixels[start * size..<end * size]), shape: [end - start, 1, Self.side, Self.side])
    }

    /// The brightness of each pixel (ITU-R BT.601), on black where it is transparent.
    private static func grey(_ image: PNGImage) throws -> Picture {
        let picture = try Picture(image.tensor)
        let size = picture.height * picture.width, planes = picture.pixels
        let hasColours = picture.channels >= 3, hasAlpha = picture.channels % 2 == 0
        let grey = (0..<size).map { place -> Float in
            let brightness =
                hasColours
                ? 0.299 * planes[place] + 0.587 * planes[size + place] + 0.114 * planes[2 * size + place]
                : planes[place]
            return hasAlpha ? brightness * planes[(picture.channels - 1) * size + place] : brightness
        }
        return Picture(channels: 1, height: picture.height, width: picture.width, pixels: grey)
    }
}
