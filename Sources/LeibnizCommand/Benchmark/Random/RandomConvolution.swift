import Leibniz

/// A convolution of images: plain, depthwise, in groups, of one pixel, with steps and holes.
struct RandomConvolution: RandomProgram {
    static let kind = "convolution"

    let type: RealType
    /// [N, C, H, W]
    let input: [Int]
    /// [O, C / groups, rows, columns]
    let weight: [Int]
    let stride: [Int]
    let padding: [Int]
    let dilation: [Int]
    let groups: Int
    let gradient: Bool

    init(drawnFrom generator: inout SplitMix) {
        let sizes = [1, 1, 3, 3, 3, 3, 5, 7]
        var kernel = Array(repeating: generator.pick(sizes), count: 2)
        if generator.chance(oneIn: 8) { kernel[1] = generator.pick(sizes) }
        let (height, width) = (generator.extent(5...128), generator.extent(5...128))
        let isSquare = !generator.chance(oneIn: 3)
        let isDepthwise = kernel != [1, 1] && generator.chance(oneIn: 5)
        groups =
            isDepthwise ? generator.extent(4...256) : generator.chance(oneIn: 6) ? generator.pick([2, 3, 4, 8]) : 1
        let inputsEach =
            isDepthwise ? 1 : generator.chance(oneIn: 6) ? generator.pick([1, 3]) : generator.extent(4...256)
        let outputsEach = isDepthwise ? generator.pick([1, 1, 1, 2]) : generator.extent(4...256)
        type = generator.realType()
        input = [generator.extent(1...64), groups * inputsEach, height, isSquare ? height : width]
        weight = [groups * outputsEach, inputsEach] + kernel
        stride =
            generator.chance(oneIn: 10)
            ? [1, 2] : Array(repeating: generator.chance(oneIn: 3) ? 2 : 1, count: 2)
        let hole = kernel != [1, 1] && generator.chance(oneIn: 8) ? 2 : 1
        dilation = [hole, hole]
        padding = generator.chance(oneIn: 3) ? [0, 0] : kernel.map { hole * ($0 / 2) }
        gradient = generator.chance(oneIn: 2)
    }

    var inputs: [[Int]] { [input, weight] }

    func value(of inputs: [Tensor]) -> Tensor {
        convolution(inputs[0], inputs[1], stride: stride, padding: padding, dilation: dilation, groups: groups)
    }

    var summary: String {
        let settings = [("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)]
        return "convolution \(input.crossed) with \(weight.crossed)"
            + settings.map { $1 == [$2, $2] ? "" : ", \($0) \($1.crossed)" }.joined()
            + (groups == 1 ? "" : ", \(groups) groups")
    }

    private var places: [Int] {
        ImageAxes.places(
            Array(input[2...]), size: Array(weight[2...]), stride: stride, padding: padding, dilation: dilation)
    }

    var passes: [Pass] {
        let results = ([input[0], weight[0]] + places).volume
        let forward = Pass(
            operations: 2 * results * weight[1...].reduce(1) { $0 * Double($1) },
            bytes: 4 * (input.volume + weight.volume + results))
        return Array(repeating: forward, count: gradient ? 3 : 1)
    }

    var flaw: String? {
        guard input.count == 4, weight.count == 4 else { return "input and weight have four axes" }
        if let flaw = ImageAxes.flaw("stride", stride, least: 1) ?? ImageAxes.flaw("padding", padding, least: 0)
            ?? ImageAxes.flaw("dilation", dilation, least: 1)
        {
            return flaw
        }
        guard groups > 0, weight[0] % groups == 0, input[1] % groups == 0, weight[1] == input[1] / groups else {
            return "the weight's channels are not those of the input, in \(groups) groups"
        }
        return places.contains(0) ? "the kernel does not fit the images" : nil
    }
}
