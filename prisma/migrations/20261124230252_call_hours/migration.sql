-- AlterTable
ALTER TABLE "people" ADD COLUMN     "calendar_id" TEXT;
