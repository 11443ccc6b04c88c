/// Fashion-MNIST: 60,000 grey images of clothes, 28 × 28, to learn from and 10,000 to test with, in ten classes.
///
/// (H. Xiao, K. Rasul, R. Vollgraf, *Fashion-MNIST: a novel image dataset for benchmarking machine learning
/// algorithms*, 2017.) Any other data set of four such files and at most ten classes is read as well.
public struct FashionMNIST: Sendable {
    /// What the labels 0 to 9 mean.
    public static let classNames = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]
    /// Where Debian's package `dataset-fashion-mnist` puts the files.
    public static let defaultFolder = "/usr/share/datasets/fashion-mnist"

    /// What a model learns from.
    public let training: ImageSet
    /// What it is tested with; of the same image size.
    public let test: ImageSet

    /// Reads the four files of a folder, plain or gzip.
    public init(folder: String = defaultFolder) throws(DataError) {
        do {
            training = try ImageSet(folder: folder, part: .training, classNames: Self.classNames)
            test = try ImageSet(folder: folder, part: .test, classNames: Self.classNames)
        } catch {
            guard error.kind == .missing else { throw error }
            var hinted = error
            hinted.hint = "Debian's package dataset-fashion-mnist puts the files into \(Self.defaultFolder)"
            throw hinted
        }
        guard (training.height, training.width) == (test.height, test.width) else {
            throw DataError(
                .inconsistent, "images to learn from and images to test with differ in size", in: folder,
                found: "\(test.height) × \(test.width) to test with",
                expected: "\(training.height) × \(training.width), as those to learn from")
        }
    }
}
