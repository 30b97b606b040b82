// Give depth from another machine to AVFoundation on a Mac, and let ImageIO write it into a photo.
//
//     depthauthor dictionary photo-depth.heic -o depth.plist       (anywhere)
//     swift AVDepthDataFromPlist.swift depth.plist                 (on a Mac)
//     swift AVDepthDataFromPlist.swift depth.plist photo.jpg out.heic
//
// A property list cannot hold a CGImageMetadata, so the list has the XMP packet under a key of its own. Without it
// AVDepthData takes the map for relative, of low quality, unfiltered and uncalibrated.
//
// Its keys are checked against a list in the tests, and a parser of Swift accepts it; it was neither compiled nor run.

import AVFoundation
import Foundation
import ImageIO
import UniformTypeIdentifiers

/// Return the depth that a property list of `depthauthor dictionary` holds.
func depthData(at url: URL) throws -> AVDepthData {
    let list = try PropertyListSerialization.propertyList(from: Data(contentsOf: url), format: nil)
    guard var info = list as? [AnyHashable: Any] else { throw CocoaError(.propertyListReadCorrupt) }
    if let packet = info["DepthAuthorMetadataXMP"] as? Data {
        info[kCGImageAuxiliaryDataInfoMetadata] = CGImageMetadataCreateFromXMPData(packet as CFData)
    }
    // Reads kCGImageAuxiliaryDataInfoData, kCGImageAuxiliaryDataInfoDataDescription (PixelFormat, Width, Height,
    // BytesPerRow) and the metadata.
    return try AVDepthData(fromDictionaryRepresentation: info)
}

/// Write a photo with the depth. ImageIO encodes the photo again, which `depthauthor embed` does not.
func write(_ depth: AVDepthData, with photo: URL, to output: URL) throws {
    var type: NSString?
    guard let info = depth.dictionaryRepresentation(forAuxiliaryDataType: &type), let type,
        let source = CGImageSourceCreateWithURL(photo as CFURL, nil),
        let destination = CGImageDestinationCreateWithURL(
            output as CFURL, UTType.heic.identifier as CFString, 1, nil)
    else { throw CocoaError(.fileWriteUnknown) }
    CGImageDestinationAddImageFromSource(destination, source, 0, nil)
    CGImageDestinationAddAuxiliaryDataInfo(destination, type as CFString, info as CFDictionary)
    guard CGImageDestinationFinalize(destination) else { throw CocoaError(.fileWriteUnknown) }
}

let arguments = CommandLine.arguments.dropFirst().map { URL(fileURLWithPath: $0) }
guard arguments.count == 1 || arguments.count == 3 else {
    print("usage: swift AVDepthDataFromPlist.swift depth.plist [photo.jpg out.heic]")
    exit(2)
}
let depth = try depthData(at: arguments[0])
let map = depth.depthDataMap
print("\(CVPixelBufferGetWidth(map)) x \(CVPixelBufferGetHeight(map))")
print("disparity in 1/m, half floats:", depth.depthDataType == kCVPixelFormatType_DisparityFloat16)
print("absolute:", depth.depthDataAccuracy == .absolute, " high quality:", depth.depthDataQuality == .high)
print("filtered:", depth.isDepthDataFiltered)
if let calibration = depth.cameraCalibrationData {
    print("intrinsic matrix:", calibration.intrinsicMatrix)
    print("of a picture of:", calibration.intrinsicMatrixReferenceDimensions)
}
if arguments.count == 3 {
    try write(depth, with: arguments[1], to: arguments[2])
}
