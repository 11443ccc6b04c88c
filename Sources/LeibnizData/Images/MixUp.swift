import Foundation

/// Mixes each picture of a batch with another one, and their classes in the same proportion (Zhang et al. 2018).
///
/// x = λ xᵢ + (1 − λ) xⱼ, y = λ yᵢ + (1 − λ) yⱼ with one λ ~ Beta(α, α) for the batch and j from a shuffled order.
///
/// - Parameters:
///   - pictures: of one size.
///   - classes: one for each, below `classCount`.
///   - alpha: α, above 0; small ones mix little.
/// - Returns: the pictures, and for each the shares of all classes.
/// - Throws: an error of kind `argument` where the lists do not fit.
public func mixUp(
    _ pictures: [Picture], classes: [Int], classCount: Int, alpha: Double, _ random: inout SampleRandom
) throws(DataError) -> (pictures: [Picture], shares: [[Float]]) {
    guard pictures.count == classes.count, alpha > 0, classes.allSatisfy({ 0..<classCount ~= $0 }),
        pictures.allSatisfy({ $0.size == pictures[0].size })
    else {
        throw DataError(
            .argument, "these pictures cannot be mixed", in: "pictures, classes, alpha",
            found: "\(pictures.count) pictures, \(classes.count) classes, α = \(alpha)",
            expected: "pictures of one size, a class below \(classCount) for each, and α above 0")
    }
    let (first, second) = (gamma(alpha, &random), gamma(alpha, &random))
    let share = first + second > 0 ? Float(first / (first + second)) : 1
    let order = pictures.indices.shuffled(using: &random)
    let mixed = zip(pictures, order).map { picture, other in
        var picture = picture
        for place in picture.pixels.indices {
            picture.pixels[place] = share * picture.pixels[place] + (1 - share) * pictures[other].pixels[place]
        }
        return picture
    }
    let shares = zip(classes, order).map { label, other in
        var row = [Float](repeating: 0, count: classCount)
        row[label] += share
        row[classes[other]] += 1 - share
        return row
    }
    return (mixed, shares)
}

/// A number of the gamma distribution of shape `a` and scale 1 (Marsaglia & Tsang 2000).
private func gamma(_ a: Double, _ random: inout SampleRandom) -> Double {
    // For a < 1, a number of shape a + 1 times u^(1/a).
    if a < 1 { return gamma(a + 1, &random) * pow(1 - random.unit(), 1 / a) }
    let d = a - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
        let x = random.normal()
        let v = pow(1 + c * x, 3)
        if v > 0, log(1 - random.unit()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
}
