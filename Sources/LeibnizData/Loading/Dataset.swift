/// Samples by number.
///
/// ```swift
/// struct Squares: Dataset {
///     let count = 100
///     func sample(at index: Int, random: inout SampleRandom) -> Double { Double(index * index) }
/// }
/// ```
public protocol Dataset: Sendable {
    /// What one sample is.
    associatedtype Sample: Sendable
    /// The number of samples.
    var count: Int { get }
    /// The sample of a number in 0 ..< count. Called from several threads at once.
    ///
    /// - Parameter random: the numbers of this sample in this pass, for augmentation.
    func sample(at index: Int, random: inout SampleRandom) throws -> Sample
}

/// Samples that are in memory.
public struct StoredSamples<Sample: Sendable>: Dataset {
    /// The samples.
    public let samples: [Sample]
    /// A set of given samples.
    public init(_ samples: [Sample]) { self.samples = samples }
    /// The number of samples.
    public var count: Int { samples.count }
    /// The sample of a number.
    public func sample(at index: Int, random: inout SampleRandom) -> Sample { samples[index] }
}

extension Dataset {
    /// The samples with something done to each: a transform, an augmentation.
    public func map<Result: Sendable>(
        _ transform: @escaping @Sendable (Sample, inout SampleRandom) throws -> Result
    ) -> MappedDataset<Self, Result> { MappedDataset(base: self, transform: transform) }

    /// Some of the samples, in the given order.
    ///
    /// - Precondition: every index is in 0 ..< count.
    public func selecting(_ indices: [Int]) -> SelectedDataset<Self> { SelectedDataset(base: self, indices: indices) }
}

/// Samples of another set with something done to each.
public struct MappedDataset<Base: Dataset, Sample: Sendable>: Dataset {
    let base: Base
    let transform: @Sendable (Base.Sample, inout SampleRandom) throws -> Sample

    /// The number of samples.
    public var count: Int { base.count }
    /// The transformed sample.
    public func sample(at index: Int, random: inout SampleRandom) throws -> Sample {
        try transform(base.sample(at: index, random: &random), &random)
    }
}

/// Some samples of another set.
public struct SelectedDataset<Base: Dataset>: Dataset {
    let base: Base
    let indices: [Int]

    /// The number of samples.
    public var count: Int { indices.count }
    /// The sample at the place `index` of the selection.
    public func sample(at index: Int, random: inout SampleRandom) throws -> Base.Sample {
        try base.sample(at: indices[index], random: &random)
    }
}
