import LeibnizCore

/// A small residual network for images (He et al. 2016), with batch normalisation and a pooling rule of one's choice.
///
/// A first convolution of 3 × 3; then for each further width a pool that halves the map and a residual block of two convolutions of
/// 3 × 3; then the greatest value of each channel and a linear layer. The defaults have 73,082 parameters for one colour and ten
/// classes.
///
/// ```swift
/// let net = ResidualNet(pooling: { _ in MaxPool2D(2) })
/// let logits = net(images)                    // [N, 1, 28, 28] → [N, 10]
/// ```
public struct ResidualNet: Layer {
    let stem: Sequential
    let pools: [any Layer]
    let blocks: [Residual]
    let head: Linear
    private let global = GlobalPool(.maximum)

    /// A network with fresh parameters.
    ///
    /// - Parameters:
    ///   - channels: the colours of a pixel; 1 by default.
    ///   - classes: how many logits there are; 10 by default.
    ///   - widths: the channels of the first convolution and of each block, at least one; 16, 32 and 64 by default.
    ///   - pooling: the pool before each block, which halves both sides, given its number and its channels.
    public init(
        channels: Int = 1, classes: Int = 10, widths: [Int] = [16, 32, 64],
        pooling: (_ number: Int, _ channels: Int) -> any Layer = { _, _ in MaxPool2D(2) }
    ) {
        let first = widths.first ?? 1
        stem = Sequential(Self.convolution(channels, first) + [ReLU()])
        pools = widths.indices.dropFirst().map { pooling($0, widths[$0 - 1]) }
        blocks = zip(widths, widths.dropFirst()).map { inputs, outputs in
            Residual(
                Sequential(Self.convolution(inputs, outputs) + [ReLU()] + Self.convolution(outputs, outputs)),
                shortcut: inputs == outputs
                    ? nil
                    : Sequential(Conv2D(inputs, outputs, kernelSize: 1, bias: false), BatchNorm2D(outputs)))
        }
        head = Linear(widths.last ?? 1, classes)
    }

    private static func convolution(_ inputs: Int, _ outputs: Int) -> [any Layer] {
        [Conv2D(inputs, outputs, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(outputs)]
    }

    /// Images [N, C, H, W] → logits [N, classes].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        head(global(featureMaps(x).last ?? x).flattened(from: 1))
    }

    /// What the first convolution and each block make of images [N, C, H, W]: [N, width, H′, W′] each.
    public func featureMaps(_ x: Tensor) -> [Tensor] {
        zip(pools, blocks).reduce(into: [stem(x)]) { maps, part in
            maps.append(relu(part.1(part.0(maps[maps.count - 1]))))
        }
    }

    /// The filters of the first convolution, [width, colours, 3, 3].
    public var firstFilters: Tensor { stem.parameters.first?.value ?? Tensor([Float](), shape: [0, 0, 0, 0]) }

    /// What each pool has learned, by its number from 1: its parameters by path; empty for rules that learn nothing.
    public var pooledParameters: [(number: Int, path: String, parameter: Parameter)] {
        zip(pools.indices, pools).flatMap { number, pool in
            pool.namedParameters.map { (number + 1, $0.path, $0.parameter) }
        }
    }
}
