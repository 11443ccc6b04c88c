/// Labelled images of one size, all in memory.
///
/// Invariants: there is at least one image and one pixel; `images.count` is `count * channels * height * width`;
/// there are as many labels as images, each below `classCount`.
public struct ImageSet: Sendable, Hashable {
    /// The pixels, 0 to 255, row-major as [count, channels, height, width].
    public let images: [UInt8]
    /// The class of each image, from 0.
    public let labels: [UInt8]
    /// The colours of a pixel: 1 for grey.
    public let channels: Int
    /// The rows of an image.
    public let height: Int
    /// The columns of an image.
    public let width: Int
    /// What each class is called.
    public let classNames: [String]

    /// Images that are in memory.
    ///
    /// - Parameters:
    ///   - images: bytes, row-major as [count, channels, height, width].
    ///   - labels: the class of each image, from 0.
    ///   - channels: 1 by default.
    ///   - classNames: what the labels 0, 1, … mean.
    /// - Throws: an error of kind `argument` where the numbers do not fit each other, or a label has no name.
    public init(
        images: [UInt8], labels: [UInt8], channels: Int = 1, height: Int, width: Int, classNames: [String]
    ) throws(DataError) {
        guard min(channels, height, width) > 0, !labels.isEmpty,
            images.count == labels.count * channels * height * width
        else {
            throw DataError(
                .argument, "pixels and labels do not fit each other", in: "images",
                found: "\(images.count) bytes for \(labels.count) labels",
                expected: "\(channels) × \(height) × \(width) bytes for each label, and at least one")
        }
        guard let greatest = labels.max(), Int(greatest) < classNames.count else {
            throw DataError(
                .argument, "a label is out of range", in: "labels", found: "label \(labels.max() ?? 0)",
                expected: "labels below \(classNames.count)")
        }
        (self.images, self.labels, self.classNames) = (images, labels, classNames)
        (self.channels, self.height, self.width) = (channels, height, width)
    }

    /// The number of images.
    public var count: Int { labels.count }
    /// The number of classes.
    public var classCount: Int { classNames.count }
    /// The bytes of one image.
    public var imageByteCount: Int { channels * height * width }

    /// The pixels of the images at `indices`, one after the other, as [indices.count, channels, height, width].
    ///
    /// - Precondition: every index is in 0 ..< count.
    public func images(at indices: some Collection<Int>) -> [UInt8] {
        let size = imageByteCount
        return images.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: indices.count * size) { target, initialized in
                for index in indices {
                    let image = source[index * size..<(index + 1) * size]
                    initialized = target[initialized...].initialize(fromContentsOf: image)
                }
            }
        }
    }

    /// The classes of the images at `indices`.
    ///
    /// - Precondition: every index is in 0 ..< count.
    public func labels(at indices: some Collection<Int>) -> [UInt8] { indices.map { labels[$0] } }
}

// MARK: - From IDX files

extension ImageSet {
    /// The two parts into which data sets of MNIST's kind are divided.
    public enum Part: String, Sendable, CaseIterable {
        /// What a model learns from.
        case training = "train"
        /// What it is tested with.
        case test = "t10k"
    }

    /// Reads one part of a folder as MNIST and its relatives have it: `train-images-idx3-ubyte`,
    /// `train-labels-idx1-ubyte` and the same with `t10k`, each as it is or with `.gz`.
    ///
    /// - Parameters:
    ///   - folder: the folder's path.
    ///   - part: which two of the four files.
    ///   - classNames: what the labels 0, 1, … mean; a label without a name is an error.
    public init(folder: String, part: Part, classNames: [String]) throws(DataError) {
        try checkFolder(folder)
        let imagePath = try existingFile("\(part.rawValue)-images-idx3-ubyte", in: folder)
        let labelPath = try existingFile("\(part.rawValue)-labels-idx1-ubyte", in: folder)
        try self.init(imagePath: imagePath, labelPath: labelPath, classNames: classNames)
    }

    /// Reads grey images and their labels from two IDX files of bytes, [count, height, width] and [count].
    ///
    /// The labels are read first: they are few, and often what is wrong shows in them.
    public init(imagePath: String, labelPath: String, classNames: [String]) throws(DataError) {
        let labelReader = try GzipReader(path: labelPath)
        let labels = try IDXArray(from: labelReader, expecting: .uint8, rank: 1)
        if let index = labels.bytes.firstIndex(where: { Int($0) >= classNames.count }) {
            throw DataError(
                .inconsistent, "a label is out of range", in: labelPath,
                at: .after(labels.fileOffset(of: index), in: labelReader),
                found: "label \(labels.bytes[index]) of image \(index)", expected: "labels below \(classNames.count)")
        }
        let imageReader = try GzipReader(path: imagePath)
        let images = try IDXArray(from: imageReader, expecting: .uint8, rank: 3)
        guard images.count > 0 else {
            throw DataError(
                .inconsistent, "there are no pixels", in: imagePath, at: .after(4, in: imageReader),
                found: "\(images.extents) pixels", expected: "at least one image of at least one pixel")
        }
        guard images.extents[0] == labels.count else {
            throw DataError(
                .inconsistent, "the numbers of images and labels differ", in: labelPath,
                at: .after(4, in: labelReader), found: "\(labels.count) labels",
                expected: "\(images.extents[0]), one for each image of \(imagePath)")
        }
        self.images = images.bytes
        self.labels = labels.bytes
        channels = 1
        height = images.extents[1]
        width = images.extents[2]
        self.classNames = classNames
    }
}

private func checkFolder(_ folder: String) throws(DataError) {
    switch try fileKindIfPresent(folder) {
    case .folder: return
    case .other(let kind):
        throw DataError(
            .wrongFileKind, "the data set is not in a folder", in: folder, found: kind,
            expected: "a folder of IDX files")
    case nil:
        throw DataError(
            .missing, "there is no such folder", in: folder, found: "nothing", expected: "a folder of IDX files")
    }
}

/// The path of `name` or else of `name.gz`.
private func existingFile(_ name: String, in folder: String) throws(DataError) -> String {
    let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    for candidate in [path, path + ".gz"] where try fileKindIfPresent(candidate) != nil { return candidate }
    throw DataError(
        .missing, "the data set lacks a file", in: path, found: "neither this nor \(name).gz", expected: "one of them")
}
