/// A change of pictures by chance, drawn anew for each sample and pass; the same for the same seed, whatever the threads.
///
/// ```swift
/// let augment = PictureAugmentation.sequence([.crop(height: 28, width: 28, padding: 2), .horizontalFlip(), .cutOut(side: 8)])
/// let samples = data.map { example, random in augment(example.picture, &random) }
/// ```
public struct PictureAugmentation: Sendable {
    private let change: @Sendable (Picture, inout SampleRandom) -> Picture

    /// A change of one's own.
    public init(_ change: @escaping @Sendable (Picture, inout SampleRandom) -> Picture) { self.change = change }

    /// The changed picture.
    public func callAsFunction(_ picture: Picture, _ random: inout SampleRandom) -> Picture { change(picture, &random) }

    /// One after the other.
    public static func sequence(_ changes: [PictureAugmentation]) -> Self {
        Self { picture, random in changes.reduce(picture) { $1($0, &random) } }
    }

    /// Mirrored left to right with a probability, ½ by default.
    public static func horizontalFlip(probability: Double = 0.5) -> Self {
        Self { $1.chance(probability) ? $0.flippedHorizontally() : $0 }
    }

    /// Mirrored top to bottom with a probability, ½ by default.
    public static func verticalFlip(probability: Double = 0.5) -> Self {
        Self { $1.chance(probability) ? $0.flippedVertically() : $0 }
    }

    /// A part of `height` × `width` pixels anywhere in the picture with `padding` zeros around it.
    public static func crop(height: Int, width: Int, padding: Int = 0) -> Self {
        Self { picture, random in
            let top = random.integer(below: picture.height + 2 * padding - height + 1) - padding
            let left = random.integer(below: picture.width + 2 * padding - width + 1) - padding
            return picture.cropped(top: top, left: left, height: height, width: width)
        }
    }

    /// (x − mean) / deviation, channel by channel; nothing by chance.
    ///
    /// - Precondition: there is a mean and a deviation for every channel.
    public static func normalization(mean: [Float], deviation: [Float]) -> Self {
        Self { picture, _ in picture.normalized(mean: mean, deviation: deviation) }
    }

    /// Turned by up to so many degrees either way.
    public static func rotation(degrees: Double) -> Self { affine(rotation: degrees) }

    /// Turned, moved, stretched and sheared, each by up to so much either way.
    ///
    /// - Parameters:
    ///   - rotation: degrees, 0 by default.
    ///   - translation: shares of width and height, 0 by default.
    ///   - scale: factors, 1 … 1 by default.
    ///   - shear: degrees, 0 by default.
    public static func affine(
        rotation: Double = 0, translation: (Double, Double) = (0, 0), scale: ClosedRange<Double> = 1...1,
        shear: Double = 0
    ) -> Self {
        Self { picture, random in
            let turn = random.uniform(-rotation, rotation)
            let right = random.uniform(-translation.0, translation.0) * Double(picture.width)
            let down = random.uniform(-translation.1, translation.1) * Double(picture.height)
            let factor = random.uniform(scale.lowerBound, scale.upperBound)
            return picture.mapped(
                by: .init(
                    rotation: turn, translation: (right, down), scale: factor, shear: random.uniform(-shear, shear)))
        }
    }

    /// Brightness, contrast and saturation times factors from 1 − x … 1 + x, in this order.
    public static func colourJitter(brightness: Double = 0, contrast: Double = 0, saturation: Double = 0) -> Self {
        Self { picture, random in
            func factor(_ spread: Double) -> Float { Float(random.uniform(max(0, 1 - spread), 1 + spread)) }
            return picture.brightened(by: factor(brightness)).contrasted(by: factor(contrast))
                .saturated(by: factor(saturation))
        }
    }

    /// Squares set to 0 around pixels drawn by chance (DeVries & Taylor 2017).
    public static func cutOut(side: Int, count: Int = 1) -> Self {
        Self { picture, random in
            (0..<count).reduce(picture) { picture, _ in
                let (row, column) = (random.integer(below: picture.height), random.integer(below: picture.width))
                return picture.erasing(top: row - side / 2, left: column - side / 2, height: side, width: side)
            }
        }
    }

    /// One stretch of rows and one of columns set to 0, each up to so long: masks of frequency and time for a spectrogram
    /// (Park et al. 2019).
    public static func mask(rows: Int, columns: Int) -> Self {
        Self { picture, random in
            let height = random.integer(below: min(rows, picture.height) + 1)
            let top = random.integer(below: picture.height - height + 1)
            let width = random.integer(below: min(columns, picture.width) + 1)
            let left = random.integer(below: picture.width - width + 1)
            return picture.erasing(top: top, left: 0, height: height, width: picture.width)
                .erasing(top: 0, left: left, height: picture.height, width: width)
        }
    }
}
