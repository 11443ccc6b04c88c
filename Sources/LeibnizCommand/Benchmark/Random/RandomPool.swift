import Leibniz

/// Pooling of images, over windows that overlap or do not.
struct RandomPool: RandomProgram {
    static let kind = "pool"

    enum Operation: String, Decodable, CaseIterable { case max, average }

    let operation: Operation
    let type: RealType
    /// [N, C, H, W]
    let input: [Int]
    let kernel: [Int]
    let stride: [Int]
    let padding: [Int]
    let gradient: Bool

    init(drawnFrom generator: inout SplitMix) {
        operation = generator.pick(Operation.allCases)
        type = generator.realType()
        let (height, width) = (generator.extent(5...128), generator.extent(5...128))
        input = [
            generator.extent(1...64), generator.extent(1...256), height, generator.chance(oneIn: 3) ? width : height,
        ]
        var kernel = Array(repeating: generator.pick([2, 2, 3, 3, 4, 5]), count: 2)
        if generator.chance(oneIn: 5) { kernel[1] = generator.pick([2, 3, 4, 5]) }
        self.kernel = kernel
        stride = generator.chance(oneIn: 2) ? kernel : Array(repeating: generator.pick([1, 2, 2, 3]), count: 2)
        padding = generator.chance(oneIn: 2) ? [0, 0] : kernel.map { $0 / 2 }
        gradient = generator.chance(oneIn: 2)
    }

    var inputs: [[Int]] { [input] }

    func value(of inputs: [Tensor]) -> Tensor {
        switch operation {
        case .max: MaxPool2D(kernel, stride: stride, padding: padding)(inputs[0])
        case .average: AveragePool2D(kernel, stride: stride, padding: padding)(inputs[0])
        }
    }

    var summary: String {
        "\(operation)-pool \(input.crossed) over \(kernel.crossed)"
            + (stride == kernel ? "" : ", stride \(stride.crossed)")
            + (padding == [0, 0] ? "" : ", padding \(padding.crossed)")
    }

    private var places: [Int] {
        ImageAxes.places(Array(input[2...]), size: kernel, stride: stride, padding: padding)
    }

    var passes: [Pass] {
        let results = (input[..<2] + places).volume
        // A mean's gradient needs no input; a maximum has to look at it again, or keep what it saw.
        let forward = Pass(operations: results * kernel.volume, bytes: 4 * (input.volume + results))
        return Array(repeating: forward, count: gradient ? 2 : 1)
    }

    var flaw: String? {
        guard input.count == 4 else { return "the input has four axes" }
        if let flaw = ImageAxes.flaw("kernel", kernel, least: 1) ?? ImageAxes.flaw("stride", stride, least: 1)
            ?? ImageAxes.flaw("padding", padding, least: 0)
        {
            return flaw
        }
        return places.contains(0) ? "the windows do not fit the images" : nil
    }
}
